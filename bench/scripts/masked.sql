SELECT aid, bid, abalance, filler FROM pgbench_accounts WHERE aid = 4711;
