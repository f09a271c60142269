-- Budgets: fields win over messages, what can't be a budget is none.
CREATE TEMP TABLE budget (n serial, budget_min float8, budget_max float8, text_budget_min float8, text_budget_max float8,
                          text_budget_specificity real, text_price_ranges int, text_messages int DEFAULT 1);
CREATE TEMP VIEW budget_features AS
SELECT n, budget_min, budget_max, text_budget_min AS t_min, text_budget_max AS t_max, text_budget_specificity AS t_spec,
       f.budget_midpoint AS midpoint, f.budget_range AS range, round(f.budget_specificity::numeric, 4) AS specificity,
       f.has_specific_budget AS specific, f.price_range_mentioned AS ranged
FROM budget b, jorge.lead_features(b, '2024-07-01') f;

-- fields
INSERT INTO budget (budget_min, budget_max, text_messages) VALUES
    (400000, 600000, NULL), (500000, 500000, NULL), (600000, 400000, NULL), (NULL, 500000, NULL), (300000, NULL, NULL),
    (100000, 900000, NULL), (NULL, NULL, NULL), (0.5, 1e9, NULL);
-- impossible amounts are missing, one by one
INSERT INTO budget (budget_min, budget_max, text_messages) VALUES
    (0, 500000, NULL), (-1, 500000, NULL), (1e12, 500000, NULL), (1000000000.01, 500000, NULL), ('NaN', 500000, NULL),
    ('infinity', 500000, NULL), ('-infinity', 500000, NULL), (0, 0, NULL), ('NaN', 'infinity', NULL);
SELECT n, budget_min, budget_max, midpoint, range, specificity, specific, ranged FROM budget_features ORDER BY n;

-- messages
TRUNCATE budget RESTART IDENTITY;
INSERT INTO budget (text_budget_min, text_budget_max, text_budget_specificity, text_price_ranges) VALUES
    (400000, 600000, 0.8, 1), (450000, 450000, 1, 0), (NULL, 400000, 0.6, 0), (300000, NULL, 0.7, 0), (NULL, NULL, 0, 0), (NULL, NULL, NULL, 0),
    (600000, 400000, 0.8, 1), (0, 1e12, 0.8, 0), ('NaN', 450000, 0.69, 0);
-- fields over messages, as a pair; implausible fields leave the messages standing
INSERT INTO budget (budget_min, budget_max, text_budget_min, text_budget_max, text_budget_specificity, text_price_ranges) VALUES
    (NULL, 500000, 100000, 200000, 0.9, 1), (700000, 800000, 100000, 200000, 0.1, 0), (0, 1e12, 100000, 200000, 0.9, 1),
    (-5, NULL, 100000, 100000, 1, 0);
SELECT * FROM budget_features ORDER BY n;

-- numeric, beyond the range of float8 too
SELECT f.budget_midpoint, f.budget_range
FROM (VALUES (1, 450000.50::numeric, 450000.50::numeric), (2, 1e400::numeric, 500000), (3, 'NaN', 500000), (4, '-infinity', 500000),
             (5, 1e-400::numeric, 500000)) r (n, budget_min, budget_max), jorge.lead_features(r, '2024-07-01') f ORDER BY n;
DROP VIEW budget_features;
DROP TABLE budget;
