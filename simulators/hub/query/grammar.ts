// The grammar of queries (reference section 7), for peggy. Rules with a name in quotes are what an error says was expected.
// No rule reads the same text twice by two ways, so that reading takes time in proportion to the text. What only a list of names can tell
// (functions, aggregates, numbers out of range) is asked of `options.make`, which throws a Mistake.

/** Where reading may begin: a whole query, or what a job or configuration calls a condition. */
export const startRules = ['Query', 'Picking'] as const;

export const grammar = String.raw`
Query = _ SELECT _ top:Top? columns:Selection _ FROM _ from:Collection where:Where? group:Group? order:Order? _ End
  { return { top, columns, from, where, group, order }; }

Picking
  = _ FROM _ from:Collection where:Where? _ End { return { from, where }; }
  / _ where:("*" { return null; } / Expression)? _ End { return { from: null, where }; }

Top = TOP _ count:Count _ { return count; }
Count "a whole number" = digits:$[0-9]+ Edge { return { value: Number(digits), at: offset() }; }
Selection = All { return null; } / first:Column rest:(_ "," _ @Column)* { return [first, ...rest]; }
All "*" = "*"
Column = of:(Aggregate / Place) as:(_ AS _ @Alias)? { return { ...of, as, at: offset() }; }
Aggregate = name:AggregateName _ "(" _ of:Path? _ ")" { return options.make.aggregate(name, of ?? undefined, offset()); }
AggregateName "an aggregate (COUNT, AVG, SUM, MIN, MAX)" = @$("COUNT"i / "AVG"i / "SUM"i / "MIN"i / "MAX"i) &(_ "(")
Alias "a name" = !Reserved name:Name { return { name, at: offset() }; }
Collection "a collection (devices, devices.modules, devices.jobs)"
  = name:$([A-Za-z_]+ ("." [A-Za-z_]+)*) { return { name, at: offset() }; }
Where = _ WHERE _ @Expression
Group = _ GROUP _ BY _ @Place
Order = _ ORDER _ BY _ by:Place descending:(_ @(ASC { return false; } / DESC { return true; }))?
  { return { ...by, descending: descending === true }; }
Place = path:Path { return { path, at: offset() }; }
End "the end of the query" = !.

Expression = first:And rest:(_ OR _ @And)*
  { return rest.length === 0 ? first : { kind: 'or', parts: [first, ...rest] }; }
And = first:Not rest:(_ AND _ @Not)*
  { return rest.length === 0 ? first : { kind: 'and', parts: [first, ...rest] }; }
Not = nots:(NOT _)* part:Comparison { return options.make.not(nots.length, part); }

Comparison = left:Sum tail:(_ @Tail)? { return tail === null ? left : { ...tail, left }; }
Tail
  = operator:Operator _ right:Sum { return { kind: 'compare', operator, right }; }
  / negated:(IN { return false; } / NIN { return true; }) _ "[" _ values:Values? _ "]"
    { return { kind: 'in', negated, values: values ?? [] }; }
Operator "a comparison (=, !=, <>, <, <=, >, >=)" = "=" / "!=" / "<>" { return '!='; } / "<=" / ">=" / "<" / ">"
Values = first:Scalar rest:(_ "," _ @Scalar)* { return [first, ...rest]; }
Scalar = sign:Minus _ number:Number { return sign === '-' ? -number : number; } / literal:Literal { return literal.value; }
Minus "a sign" = $[+-]

Sum = first:Product rest:(_ @Plus _ @Product)*
  { return rest.length === 0 ? first : { kind: 'calculate', first, rest }; }
Plus "+ or -" = [+-]
Product = first:Sign rest:(_ @Times _ @Sign)*
  { return rest.length === 0 ? first : { kind: 'calculate', first, rest }; }
Times "*, / or %" = [*/%]
Sign = signs:(@Minus _)* part:Operand { return options.make.signed(signs, part); }

Operand
  = "(" Enter _ @Expression _ ")" Leave
  / Call
  / Literal
  / List
  / path:Path { return { kind: 'path', path }; }
Enter = &{ return options.make.enter(offset() - 1); }
Leave = &{ return options.make.leave(); }
Call = name:FunctionName _ "(" Enter _ parts:Parts? _ ")" Leave { return options.make.call(name, parts ?? [], offset()); }
FunctionName "a function" = !Reserved @$([A-Za-z_] [A-Za-z0-9_]*) &(_ "(")
List = "[" Enter _ parts:Parts? _ "]" Leave { return { kind: 'list', parts: parts ?? [] }; }
Parts = first:Expression rest:(_ "," _ @Expression)* { return [first, ...rest]; }

Path "a path (tags.x, properties.desired.x, deviceId)" = !Reserved first:Name rest:Step* Slip? { return [first, ...rest]; }
Step = "." @(Name / Bracketed / Text) / "."? @(Bracketed / Quoted)
Name = $([\p{L}_$]u [\p{L}0-9_$]u*)
Bracketed = "[[" @$(!"]]" .)+ "]]"
Quoted = "[" @Text "]"
Slip = &("-" [\p{L}_$]u) &{ options.make.hyphen(offset()); } / "." !["'[] &{ options.make.dot(offset()); }

Literal "a value"
  = value:(Text / Number / True / False / Null) { return { kind: 'literal', value }; }
  / Undefined { return { kind: 'literal', value: undefined }; }
Text = "'" @Characters1 "'" / '"' @Characters2 '"'
Characters1 = parts:(Escape / $[^'\\]+)* { return parts.join(''); }
Characters2 = parts:(Escape / $[^"\\]+)* { return parts.join(''); }
Escape
  = "\\u" digits:$(Hex Hex Hex Hex) { return String.fromCharCode(parseInt(digits, 16)); }
  / "\\" @['"\\/]
  / "\\n" { return '\n'; } / "\\t" { return '\t'; } / "\\r" { return '\r'; } / "\\b" { return '\b'; } / "\\f" { return '\f'; }
Hex = [0-9a-fA-F]
Number
  = "0x"i digits:$Hex+ Edge { return options.make.number(parseInt(digits, 16), offset()); }
  / digits:$(([0-9]+ ("." [0-9]*)? / "." [0-9]+) ("e"i [+-]? [0-9]+)?) Edge { return options.make.number(Number(digits), offset()); }
True = "true"i Edge { return true; }
False = "false"i Edge { return false; }
Null = "null"i Edge { return null; }
Undefined = "undefined"i Edge

SELECT "SELECT" = "SELECT"i Edge
TOP "TOP" = "TOP"i Edge &(_ [0-9])
AS "AS" = "AS"i Edge
FROM "FROM" = "FROM"i Edge
WHERE "WHERE" = "WHERE"i Edge
GROUP "GROUP BY" = "GROUP"i Edge
ORDER "ORDER BY" = "ORDER"i Edge
BY "BY" = "BY"i Edge
ASC "ASC" = "ASC"i Edge
DESC "DESC" = "DESC"i Edge
AND "AND" = "AND"i Edge
OR "OR" = "OR"i Edge
NOT "NOT" = "NOT"i Edge
IN "IN" = "IN"i Edge
NIN "NIN" = "NIN"i Edge
Reserved
  = ("SELECT"i / "FROM"i / "WHERE"i / "GROUP"i / "ORDER"i / "AND"i / "OR"i / "NOT"i / "NIN"i / "IN"i / "AS"i / "TRUE"i / "FALSE"i / "NULL"i
    / "UNDEFINED"i) Edge
Edge = ![\p{L}0-9_$]u
_ "a space" = [ \t\r\n]*
`;
