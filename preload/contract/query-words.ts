// The words of the query language, for the window's editor.
export { queryAggregates, queryFunctions, queryKeywords, queryRoots } from '../../simulators/vocabulary/query-words.ts';
