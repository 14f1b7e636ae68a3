// The grammar of queries (reference section 7), for peggy. Rules with a name in quotes are what an error says was expected.

export const grammar = String.raw`
Query = _ SELECT _ select:Selection _ FROM _ from:Collection condition:(_ WHERE _ @Expression)? _ End
  { return { select, from, condition }; }

Selection "*" = "*" / chosen:$(!FROM [^*])+ { return chosen.trim(); }
Collection "a collection (devices)" = $([A-Za-z_]+ ("." [A-Za-z_]+)*)
End "the end of the query" = !.

Expression = Or
Or = first:And rest:(_ OR _ @And)*
  { return rest.length === 0 ? first : { kind: 'or', parts: [first, ...rest] }; }
And = first:Not rest:(_ AND _ @Not)*
  { return rest.length === 0 ? first : { kind: 'and', parts: [first, ...rest] }; }
Not = NOT _ part:Not { return { kind: 'not', part }; } / Comparison

Comparison = left:Operand tail:(_ @Tail)? { return tail === null ? left : { ...tail, left }; }
Tail
  = operator:Operator _ right:Operand { return { kind: 'compare', operator, right }; }
  / negated:(IN { return false; } / NIN { return true; }) _ "[" _ values:Values? _ "]"
    { return { kind: 'in', negated, values: values ?? [] }; }
Operator "a comparison (=, !=, <>, <, <=, >, >=)" = "=" / "!=" / "<>" { return '!='; } / "<=" / ">=" / "<" / ">"
Values = first:Literal rest:(_ "," _ @Literal)* { return [first, ...rest].map((literal) => literal.value); }

Operand
  = "(" _ @Expression _ ")"
  / IS_DEFINED _ "(" _ path:Path _ ")" { return { kind: 'defined', path }; }
  / Literal
  / path:Path { return { kind: 'path', path }; }

Path "a path (tags.x, properties.desired.x, deviceId)" = !Reserved first:Name rest:("." @Step)* { return [first, ...rest]; }
Step = Name / Bracketed
Name = $([A-Za-z_$] [A-Za-z0-9_$-]*)
Bracketed = "[[" @$(!"]]" .)+ "]]"

Literal "a value" = value:(Text / Number / True / False / Null) { return { kind: 'literal', value }; }
Text = "'" @Characters1 "'" / '"' @Characters2 '"'
Characters1 = parts:(Escape / [^'\\])* { return parts.join(''); }
Characters2 = parts:(Escape / [^"\\])* { return parts.join(''); }
Escape
  = "\\u" digits:$(Hex Hex Hex Hex) { return String.fromCharCode(parseInt(digits, 16)); }
  / "\\" @['"\\/]
  / "\\n" { return '\n'; } / "\\t" { return '\t'; } / "\\r" { return '\r'; }
Hex = [0-9a-fA-F]
Number
  = sign:"-"? "0x"i digits:$Hex+ Edge { return (sign ? -1 : 1) * parseInt(digits, 16); }
  / digits:$("-"? [0-9]+ ("." [0-9]+)? ("e"i [+-]? [0-9]+)?) Edge { return Number(digits); }
True = "true"i Edge { return true; }
False = "false"i Edge { return false; }
Null = "null"i Edge { return null; }

SELECT "SELECT" = "SELECT"i Edge
FROM "FROM" = "FROM"i Edge
WHERE "WHERE" = "WHERE"i Edge
AND "AND" = "AND"i Edge
OR "OR" = "OR"i Edge
NOT "NOT" = "NOT"i Edge
IN "IN" = "IN"i Edge
NIN "NIN" = "NIN"i Edge
IS_DEFINED "IS_DEFINED" = "IS_DEFINED"i Edge
Reserved = ("SELECT"i / "FROM"i / "WHERE"i / "AND"i / "OR"i / "NOT"i / "NIN"i / "IN"i / "IS_DEFINED"i) Edge
Edge = ![A-Za-z0-9_$]
_ "a space" = [ \t\r\n]*
`;
