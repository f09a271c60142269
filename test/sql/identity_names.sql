-- Names: what a name key keeps, and how alike two names are.
\pset null '-'
SELECT name, jorge.name_key(name) FROM (VALUES
    ('John Smith'), ('  john   SMITH '), ('Smith, John'), ('Smith, John Q.'), ('John Q. Smith'), ('Dr. John Smith Jr., MD'), ('John Smith III'), ('Mr. & Mrs. John Smith'), ('Sr. John Smith'),
    ('Bob Smith'), ('Robert Smith'), ('Bill Smith'), ('William Smith'), ('Jon Smith'), ('Robert "Bob" Smith'), ('Robert (Bob) Smith'),
    ('John & Mary Smith'), ('John and Mary Smith'), ('John Smith and Mary Jones'), ('José García'), ('Jose Garcia'), (E'Jose\u0301 Garci\u0301a'), ('María de la Cruz'), ('Maria Garcia Lopez'),
    ('Mary Ann Smith'), ('Mary Smith-Jones'), ('O''Brien, Pat'), ('Pat O’Brien'), ('Ludwig van Beethoven'), ('Van Morrison'), ('Nguyễn Thị Hoa'), ('Strauß, Anna'), ('Łukasz Żak'), ('Иван Петров'), ('ИВАН ПЕТРОВ'),
    ('山田太郎'), ('Smith'), ('Mary'), ('ＪＯＨＮ ＳＭＩＴＨ'), ('Andy Anderson'), ('Anderson Cooper'), ('D Angelo')) n(name);
SELECT name AS no_name, jorge.name_key(name) FROM (VALUES (''), (' '), ('Unknown'), ('N/A'), ('no name'), ('test test'), ('ann@example.com'), ('...'), ('😀'), ('Wireless Caller'), ('Zillow User')) n(name);
SELECT a, b, round(jorge.name_similarity(a, b)::numeric, 3) AS similarity FROM (VALUES
    ('John Smith', 'JOHN SMITH'), ('John Smith', 'Smith, John'), ('John Smith', 'Smith John'), ('Bob Smith', 'Robert Smith'), ('Rob Smith', 'Bob Smith'), ('Bill Smith', 'Robert Smith'), ('J Smith', 'John Smith'), ('J. Q. Smith', 'John Quincy Smith'),
    ('John Smith', 'Jon Smyth'), ('John & Mary Smith', 'Mary Smith'), ('John & Mary Smith', 'Susan Smith'), ('Maria Garcia', 'Maria Garcia Lopez'), ('Mary Ann Lee', 'Maryann Lee'), ('Smith', 'John Smith'), ('Rose', 'Mary Rose'),
    ('John Smith', 'Peter Miller'), ('José García', 'Jose Garcia'), ('John Smith', ''), ('山田太郎', '山田太郎')) v(a, b);
SELECT jorge.name_key(NULL), jorge.name_similarity(NULL, 'a'), jorge.name_similarity('John Smith', NULL);
-- the order of the two does not matter
WITH n AS (SELECT unnest(ARRAY['John Smith', 'Smith, John', 'Bob Smith', 'Robert (Bob) Smithson', 'J Smith', 'Mary Ann Smith', 'John & Mary Smith', 'Maria Garcia Lopez', 'Lopez Maria', 'Michelle', 'Michael']) AS name)
SELECT count(*) FROM n a, n b WHERE jorge.name_similarity(a.name, b.name) IS DISTINCT FROM jorge.name_similarity(b.name, a.name) OR jorge.name_similarity(a.name, b.name) NOT BETWEEN 0 AND 1;
-- hostile: long words, many words, right to left, marks without letters, a megabyte
SELECT length(jorge.name_key(repeat('a', 1000) || ' Smith')), length(jorge.name_key(repeat('é', 1000) || ' Smith')), jorge.name_key(repeat('John ', 100) || 'Smith'), jorge.name_key(E'\u202eJohn\u202c Smith'),
       jorge.name_key(E'J\u0300\u0301\u0302ohn Smith'), jorge.name_key('😀 John 😀 Smith 😀'), jorge.name_key(repeat(',', 300)), jorge.name_key(repeat('& ', 300)), jorge.name_key(repeat('-', 300) || 'x');
SELECT jorge.name_key('John Smith ' || repeat('x', 1000000)) IS NOT NULL, jorge.name_similarity(repeat('ab ', 300000), repeat('ba ', 300000)) IS NOT NULL;
