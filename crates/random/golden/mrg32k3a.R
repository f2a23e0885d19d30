# Writes mrg32k3a.txt: what R's own generator and its package `parallel` give.
# Rscript mrg32k3a.R > mrg32k3a.txt
library(parallel)
cat("#", R.version.string, "\n")
RNGkind("L'Ecuyer-CMRG")
row <- function(what, values) cat(what, values, "\n")
for (seed in c(1L, 123L, 42L, 0L, -7L, 2147483647L)) {
  set.seed(seed)
  row("seed", seed)
  state <- .Random.seed
  row("state", state)
  row("uniform", sprintf("%.17g", runif(5)))
  row("after", .Random.seed)
  for (i in 1:3) {
    state <- nextRNGStream(state)
    row("stream", state)
  }
  for (i in 1:2) {
    state <- nextRNGSubStream(state)
    row("substream", state)
  }
  .Random.seed <- state
  row("uniform", sprintf("%.17g", runif(5)))
}
