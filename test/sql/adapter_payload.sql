-- What a delivery is and what its document is: jorge.read_payload(), jorge.html_text(), jorge.text_or_null()
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

-- JSON, with what jsonb refuses put right
SELECT jorge.read_payload('{"a": 1, "b": [true, null]}'::text);
SELECT jorge.read_payload(E'\n [1, 2] '::text);
SELECT jorge.read_payload('{"zero": "a\u0000b", "high": "\ud83d", "low": "\ude00", "pair": "\ud83d\ude00", "escaped": "\\u0000", "quote": "\"\u0000\""}'::text);
SELECT jorge.read_payload(E'{"raw": "tab\there\nline", "x": 1}'::text);
SELECT jorge.read_payload('\xefbbbf7b2261223a317d'::bytea);
SELECT jorge.read_payload('{"n": 55459717045641545, "big": 123456789012345678901234567890}'::text);
SELECT jorge.read_payload('{"a": '::text);
SELECT jorge.read_payload('{"a": "\'::text);
SELECT jorge.read_payload('{"a": "\u12'::text);

-- forms
SELECT jorge.read_payload('name=Ann+Smith&phone=%28512%29%20867-5309&note=50%25+%C3%A9+%ff&empty=&=x&flag'::text);
SELECT jorge.read_payload('a=1&a=2'::text);
SELECT jorge.read_payload('%='::text);
-- what only looks like one
SELECT jorge.read_payload('see http://example.com/?a=b'::text) ->> 'format';
SELECT jorge.read_payload('http://example.com/?a=b'::text) ->> 'format';

-- labelled lines
SELECT jorge.read_payload(E'Name: Ann\r\nPhone:\r\n(512) 867-5309\r\n\r\n* Budget *: $400k\r\n> Message: two\r\n> lines\r\n\r\nhttps://x.example\r\nName: second\r\nthis is a long sentence, that has a colon: here'::text) -> 'labels';
SELECT jorge.read_payload(E'Address:\n\n1 Oak St\nAustin, TX\nthird line\nComments:\na\nb\n\nc'::text) -> 'labels';
SELECT jorge.read_payload('just some words'::text);

-- mails
SELECT jorge.read_payload(E'From: "Smith, Ann" <ann@example.com>\nSubject: =?iso-8859-1?Q?caf=E9?= =?iso-8859-1?Q?_au?= lait\nDate: Fri, 20 Nov 2026 10:00:00 -0600\nTo: x@example.com (X Y), z@example.com\n\nHello'::text) - 'headers';
SELECT jorge.read_payload(E'From: a@example.com\nDate: x\nX-Long: one\n two\n\tthree\nX-Long: again\n\nbody'::text) -> 'headers';
SELECT jorge.read_payload(E'From: ann\nDate: now\n\nx'::text) -> 'from';
SELECT jorge.read_payload(E'From: a@example.com\nSubject: s\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\na=3Db=\nc=20\nd=zz =\n'::text) ->> 'text';
SELECT jorge.read_payload(E'From: a@example.com\nSubject: s\nContent-Transfer-Encoding: base64\n\nSGVs bG8*s\nIHdvcmxk=\nIQ=='::text) ->> 'text';
-- multiparts: 300 parts within each other and beside each other
SELECT length(jorge.read_payload(E'From: a@example.com\nSubject: s\n' || string_agg(format(E'Content-Type: multipart/mixed; boundary=b%s\n\n--b%s\n', n, n), '' ORDER BY n) || E'\nend')::text) < 200000
  FROM generate_series(1, 300) n;
SELECT length(jorge.read_payload(E'From: a@example.com\nSubject: s\nContent-Type: multipart/mixed; boundary=b\n\n' || repeat(E'--b\n\nx\n', 300)) ->> 'text');
-- the plain version counts, unless it says nothing
SELECT jorge.read_payload(E'From: a@example.com\nSubject: s\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nA plain text that is long enough to be one.\n--b\nContent-Type: text/html\n\n<p>html</p>\n--b--'::text) ->> 'text';
SELECT jorge.read_payload(E'From: a@example.com\nSubject: s\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nsee html\n--b\nContent-Type: text/html\n\n<p>the html</p>\n--b--'::text) ->> 'text';
-- charsets, by name, wrongly named, unknown
SELECT jorge.read_payload(convert_to(E'From: a@example.com\nSubject: s\nContent-Type: text/plain; charset=' || c || E'\nContent-Transfer-Encoding: 8bit\n\nPrix: ', 'UTF8') || b) ->> 'text'
  FROM (VALUES (1, 'iso-8859-15', '\xa4'::bytea), (2, 'windows-1252', '\x80'), (3, 'utf-8', '\xe282ac'), (4, 'us-ascii', '\xe282ac'), (5, 'utf-8', '\x80'), (6, 'koi8-r', '\xcdc9d2'),
               (7, 'gb2312', '\xc4e3bac3'), (8, 'big5', '\xa7da'), (9, 'euc-kr', '\xb0a1'), (10, 'x-unknown', '\xe9'), (11, 'windows-1252', '\x81'), (12, 'utf-8', '\x00')) v(n, c, b) ORDER BY n;

-- ADF, and entities that are refused
SELECT jorge.read_payload('<?adf version="1.0"?><adf><prospect><customer><contact><name part="first">A &amp; B & C</name><email>x@example.com</email></contact></customer></prospect></adf>'::text);
SELECT jorge.read_payload('<!DOCTYPE adf [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><adf><prospect><name>&b;</name></prospect></adf>'::text);
SELECT jorge.read_payload('<adf><prospect><name>&undefined; &#65; &eacute; <![CDATA[<c>]]></name></prospect>'::text) -> 'adf';
SELECT jsonb_array_length(jorge.read_payload('<adf>' || repeat('<prospect><x>1</x></prospect>', 3) || '</adf>') -> 'leads');
SELECT jorge.read_payload('<adf>' || repeat('<a>', 100000)) IS NOT NULL;

-- HTML
SELECT jorge.html_text('<p>a &lt; b &amp;&nbsp;c&#33;&#x1F600;&bogus; &#0;&#xD800;</p><!-- hidden --><ul><li>one<li>two</ul><style>x{}</style>3 < 4 <3');
SELECT jorge.html_text('<table><tr><td>a</td><td> b </td></tr><tr><td>c</td></tr></table>line<br/>line<div><div>deep</div></div>');
SELECT jorge.html_text('<a title="x > y">link</a> <script>if (a < b) "</p>"</script>after');
SELECT jorge.html_text('unclosed <b attr="x'), jorge.html_text('<'), jorge.html_text(''), jorge.html_text('<!--'), jorge.html_text('&'), jorge.html_text('&#');
SELECT length(jorge.html_text(repeat('<', 100000))), length(jorge.html_text(repeat('<a ="', 100000))), length(jorge.html_text(repeat('x<br>', 100000)));
SELECT jorge.html_text(string_agg('&' || e || ';', '' ORDER BY n)) FROM unnest(ARRAY['AElig', 'Aacute', 'euro', 'zwj', 'hellip', 'yacute', 'Uuml', 'amp', 'apos', 'lt', 'OElig', 'trade', 'iquest']) WITH ORDINALITY AS v(e, n);

-- nothing, no text, too much
SELECT jorge.read_payload(''::text) IS NULL, jorge.read_payload(E' \n'::text) IS NULL, jorge.read_payload(NULL::text) IS NULL;
SELECT jorge.text_or_null('\x6162'), jorge.text_or_null('\x00') IS NULL, jorge.text_or_null('\xff') IS NULL, jorge.text_or_null('') = '';
SELECT jorge.read_payload('\x00ff00'::bytea);
SELECT jorge.read_payload(repeat('x', 33 * 1024 * 1024));
SELECT length(jorge.read_payload(repeat('é', 3 * 1024 * 1024)) ->> 'text');
