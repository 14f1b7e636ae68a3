// The unmodified official packages against `hubfleet hub`. One file, because they know the standard ports alone, which one hub can have at a time.
import './articles.suite.ts';
import './recovery.suite.ts';
import './transports.suite.ts';
import './service-calls.suite.ts';
