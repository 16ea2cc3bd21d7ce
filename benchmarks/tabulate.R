# The same figures as people make them in R: read.csv, then table() or tapply() a variable, by country and gender.
# Arguments: answers.csv variables.tsv shares.tsv code-of-no-training codes-of-genders figures.tsv shares-out.tsv
given <- commandArgs(trailingOnly = TRUE)
untrained <- as.integer(given[4])
stated <- as.integer(strsplit(given[5], ",")[[1]])
variables <- read.delim(given[2], colClasses = c("character", "character", "character", "integer"), na.strings = "-")
shares <- read.delim(given[3], colClasses = "character", na.strings = "-")
began <- proc.time()[["elapsed"]]
answers <- read.csv(given[1], colClasses = "integer")
read <- proc.time()[["elapsed"]] - began
block <- ifelse(answers$gender %in% stated, answers$gender, 0L)
values_of <- function(column, zero) {
  values <- answers[[column]]
  if (zero == "0") values[answers$training == untrained] <- 0L
  values
}
figures <- lapply(seq_len(nrow(variables)), function(at) {
  one <- variables[at, ]
  zero <- if (is.na(one$suffix)) "" else one$suffix
  values <- values_of(one$column, zero)
  if (is.na(one$high)) {
    found <- as.data.frame(table(site = answers$site, block = block, code = values), stringsAsFactors = FALSE)
    found <- found[found$Freq > 0, ]
    return(data.frame(found$site, found$block, paste0(one$column, zero, "=", found$code), found$Freq))
  }
  is_given <- values <= one$high
  groups <- list(answers$site[is_given], block[is_given])
  parts <- lapply(c(n = length, sum = sum, min = min, max = max), function(f) {
    as.data.frame.table(tapply(as.numeric(values[is_given]), groups, f), stringsAsFactors = FALSE)
  })
  do.call(rbind, lapply(names(parts), function(name) {
    own <- parts[[name]][!is.na(parts[[name]]$Freq) & parts[[name]]$Freq != 0, ]
    if (nrow(own)) data.frame(own$Var1, own$Var2, paste0(one$column, zero, ".", name), own$Freq)
  }))
})
figures <- do.call(rbind, lapply(Filter(Negate(is.null), figures), setNames, c("site", "block", "figure", "value")))
seconds <- proc.time()[["elapsed"]] - began
options(scipen = 999)
write.table(figures, given[6], sep = "\t", quote = FALSE, row.names = FALSE, col.names = FALSE)
# Percentages and means, from the answers and not from the counts above.
codes <- function(text) as.integer(strsplit(text, " ")[[1]])
out <- file(given[7], "w")
for (at in seq_len(nrow(shares))) {
  one <- shares[at, ]
  values <- values_of(one$column, if (is.na(one$suffix)) "" else one$suffix)
  in_base <- if (one$stat == "mean") values <= as.integer(one$base) else values %in% codes(one$base)
  own <- if (one$stat == "mean") as.numeric(values[in_base]) else 100 * (values[in_base] %in% codes(one$counted))
  found <- as.data.frame.table(tapply(own, list(answers$site[in_base], block[in_base]), mean), stringsAsFactors = FALSE)
  found <- found[!is.na(found$Freq), ]
  if (nrow(found)) writeLines(sprintf("%s\t%s\t%s\t%.12g", found$Var1, found$Var2, one$id, found$Freq), out)
}
close(out)
peak <- 1024 * as.numeric(gsub("\\D", "", grep("^VmHWM", readLines("/proc/self/status"), value = TRUE)))
cat(seconds, peak, read, "\n")
