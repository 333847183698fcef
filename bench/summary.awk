# Summarises the raw lines of pgratio.sh: round, workload, target, rate, p50, p99, units, cpu, foreign_pct.
# FOREIGN: runs in which strangers burnt more than this share of the machine are left out. ANCHOR: the second baseline, or empty.

function sort(values, n,    i, j, x) {
  for (i = 2; i <= n; i++) { x = values[i]; for (j = i - 1; j > 0 && values[j] > x; j--) values[j + 1] = values[j]; values[j + 1] = x }
}
function push(key, value) { value_of[key, ++count[key]] = value }
function median(key,    i, n, v) {
  n = count[key]; if (!n) return 0
  for (i = 1; i <= n; i++) v[i] = value_of[key, i]
  sort(v, n)
  return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}
function spread(key, format,    i, n, v) {
  n = count[key]; if (!n) return "-"
  for (i = 1; i <= n; i++) v[i] = value_of[key, i]
  sort(v, n)
  return sprintf(format " [" format "-" format "]", median(key), v[1], v[n])
}

$1 == "round" { next }
{
  if (!($2 in known_workload)) { known_workload[$2] = 1; workloads[++workload_count] = $2 }
  if (!($3 in known_target)) { known_target[$3] = 1; targets[++target_count] = $3 }
  if ($4 + 0 > 0 && $9 <= FOREIGN) { ok[$1, $2, $3] = 1; rate[$1, $2, $3] = $4; p50[$1, $2, $3] = $5; p99[$1, $2, $3] = $6; cost[$1, $2, $3] = $8 / $7 }
  if ($4 + 0 <= 0) failed[$2, $3]++
  if ($1 > rounds) rounds = $1
}

END {
  base = "direct" in known_target ? "direct" : targets[1]
  for (i = 1; i <= workload_count; i++) {
    w = workloads[i]
    is_scan = substr(w, 1, 1) == "X"
    printf "\n== %s ==\n%-20s %3s %9s %21s %21s %23s %12s", w, "target", "n", is_scan ? "MB/s" : "tps", "ratio to " base, "added p50 us", "added p99 us", is_scan ? "cpu s/GB" : "cpu s/100k"
    if (ANCHOR != "") printf " %21s %21s", "rate/" ANCHOR, "cpu/" ANCHOR
    print ""
    for (j = 1; j <= target_count; j++) {
      t = targets[j]; key = w SUBSEP t
      for (r = 1; r <= rounds; r++) {
        if (!ok[r, w, t]) continue
        push(key "rate", rate[r, w, t])
        push(key "cost", cost[r, w, t] * (is_scan ? 1 : 100000))
        if (ok[r, w, base]) {
          push(key "ratio", rate[r, w, t] / rate[r, w, base])
          push(key "p50", p50[r, w, t] - p50[r, w, base])
          push(key "p99", p99[r, w, t] - p99[r, w, base])
        }
        if (ANCHOR != "" && ok[r, w, ANCHOR] && cost[r, w, ANCHOR] > 0) {
          push(key "anchored", rate[r, w, t] / rate[r, w, ANCHOR])
          push(key "anchored-cost", cost[r, w, t] / cost[r, w, ANCHOR])
        }
      }
      if (!count[key "rate"] && !failed[w, t]) continue
      printf "%-20s %3d %9.0f %21s %21s %23s %12.2f", t, count[key "rate"], median(key "rate"), spread(key "ratio", "%.3f"), spread(key "p50", "%.0f"), spread(key "p99", "%.0f"), median(key "cost")
      if (ANCHOR != "") printf " %21s %21s", spread(key "anchored", "%.2f"), spread(key "anchored-cost", "%.2f")
      if (failed[w, t]) printf "  %d FAILED", failed[w, t]
      print ""
    }
  }
}
