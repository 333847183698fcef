\set bid random(1, :scale)
\set floor random(-100000, 0)
WITH branch AS (
  SELECT b.bid, b.bbalance FROM pgbench_branches b WHERE b.bid = :bid
), teller AS (
  SELECT t.bid, count(*) AS tellers, sum(t.tbalance) AS tbalance
  FROM pgbench_tellers t
  WHERE t.bid IN (SELECT bid FROM branch)
  GROUP BY t.bid
), account AS (
  SELECT a.bid, count(*) AS accounts, min(a.abalance) AS lowest, max(a.abalance) AS highest
  FROM (SELECT bid, abalance FROM pgbench_accounts WHERE aid BETWEEN 1 AND 100) a
  WHERE a.abalance >= :floor
  GROUP BY a.bid
)
SELECT b.bid,
       b.bbalance,
       t.tellers,
       t.tbalance,
       a.accounts,
       a.lowest,
       a.highest,
       CASE WHEN b.bbalance > t.tbalance THEN 'above' ELSE 'below' END AS position
FROM branch b
JOIN teller t ON t.bid = b.bid
LEFT JOIN account a ON a.bid = b.bid
ORDER BY b.bid;
