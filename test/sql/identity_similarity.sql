-- Jaro-Winkler and Damerau-Levenshtein: published values, Unicode, edges, long texts.
\pset null '-'
\set VERBOSITY terse
-- Winkler 1990 and 1994, table of comparisons; Cohen, Ravikumar, Fienberg 2003
SELECT a, b, round(jorge.jaro_winkler(a, b)::numeric, 3) AS similarity, published FROM (VALUES
    ('MARTHA', 'MARHTA', 0.961), ('DIXON', 'DICKSONX', 0.813), ('DWAYNE', 'DUANE', 0.840), ('SHACKLEFORD', 'SHACKELFORD', 0.982), ('DUNNINGHAM', 'CUNNIGHAM', 0.896),
    ('NICHLESON', 'NICHULSON', 0.956), ('JONES', 'JOHNSON', 0.832), ('MASSEY', 'MASSIE', 0.933), ('ABROMS', 'ABRAMS', 0.922), ('ITMAN', 'SMITH', 0.467), ('JERALDINE', 'GERALDINE', 0.926),
    ('MICHELLE', 'MICHAEL', 0.921), ('JULIES', 'JULIUS', 0.933), ('TANYA', 'TONYA', 0.880), ('SEAN', 'SUSAN', 0.805), ('CRATE', 'TRACE', 0.733)) v(a, b, published)
 ORDER BY a;
SELECT a, b, jorge.damerau_levenshtein(a, b) FROM (VALUES
    ('kitten', 'sitting'), ('ca', 'ac'), ('ca', 'abc'), ('a cat', 'an act'), ('jon', 'john'), ('smith', 'smtih'), ('abcdef', 'badcfe'), ('', 'abc'), ('same', 'same')) v(a, b);
SELECT jorge.jaro_winkler(NULL, 'a'), jorge.damerau_levenshtein('a', NULL);
SELECT jorge.jaro_winkler('', ''), jorge.jaro_winkler('', 'a'), jorge.jaro_winkler('a', ''), jorge.jaro_winkler('a', 'a'), jorge.jaro_winkler('a', 'b'), jorge.damerau_levenshtein('', '');
-- by characters, not bytes
SELECT jorge.damerau_levenshtein('Zoë', 'Zoe'), jorge.damerau_levenshtein('日本語', '日語本'), jorge.damerau_levenshtein('👍', '👎'), round(jorge.jaro_winkler('ÅÄÖÉÜÑ', 'ÅÄÖÜÉÑ')::numeric, 3);
-- symmetric edits; the triangle holds for whole words
SELECT count(*) FROM unnest(ARRAY['smith', 'smyth', 'schmidt', 'smtih', '']) a, unnest(ARRAY['smith', 'smyth', 'schmidt', 'smtih', '']) b
 WHERE jorge.damerau_levenshtein(a, b) <> jorge.damerau_levenshtein(b, a) OR jorge.jaro_winkler(a, b) NOT BETWEEN 0 AND 1 OR (jorge.jaro_winkler(a, b) = 1) <> (a = b);
-- long: the first 1000 characters are compared, edits are refused
SELECT jorge.jaro_winkler(repeat('ab', 500), repeat('ab', 500) || 'c'), jorge.jaro_winkler(repeat('x', 1000000), repeat('y', 1000000)), jorge.damerau_levenshtein(repeat('a', 1000), repeat('b', 1000));
SELECT jorge.damerau_levenshtein(repeat('a', 1001), 'a');
