# What R says of the inputs: intervals, tests, adjusted p-values, and the figures of the answer sheets.
# Run from this folder: Rscript reference.R. It needs the package survey (Debian: r-cran-survey).
# Nothing here is taken from the program that it checks; the rules of each figure are written out once more below.

suppressPackageStartupMessages(library(survey))

given <- function(name) read.csv(file.path("inputs", name), colClasses = "character", na.strings = character())
exact <- function(x) ifelse(is.na(x), "", sprintf("%.17g", x))
put <- function(rows, name) write.csv(rows, file.path("values", name), row.names = FALSE, quote = FALSE, eol = "\n")
quiet <- suppressWarnings

# Tables of counts ------------------------------------------------------------------------------------------------

is_large <- function(k, n) min(n) > 5000
fisher <- function(k, n) if (is_large(k, n)) NA else fisher.test(cbind(k, n - k), workspace = 2e8)$p.value
pearson <- function(k, n) quiet(chisq.test(cbind(k, n - k), correct = FALSE))
wilson <- function(k, n) quiet(prop.test(k, n, correct = FALSE))$conf.int

counts <- given("tables.csv")
counts$k <- as.integer(counts$k)
counts$n <- as.integer(counts$n)

ranges <- do.call(rbind, lapply(seq_len(nrow(counts)), function(row) {
  bounds <- wilson(counts$k[row], counts$n[row])
  data.frame(table = counts$table[row], group = counts$group[row], low = exact(bounds[1]), high = exact(bounds[2]))
}))
put(ranges, "ranges.csv")

tested <- do.call(rbind, lapply(unique(counts$table), function(name) {
  own <- counts[counts$table == name, ]
  chi <- pearson(own$k, own$n)
  data.frame(table = name, fisher = exact(fisher(own$k, own$n)), chi_square = exact(chi$p.value),
             least_expected = exact(min(chi$expected)))
}))
put(tested, "tests.csv")

# Holm ------------------------------------------------------------------------------------------------------------

families <- given("families.csv")
families$p <- as.numeric(families$p)
families$adjusted <- unlist(lapply(unique(families$family), function(name) {
  own <- families[families$family == name, ]
  p.adjust(own$p, "holm", n = as.integer(own$declared[1]))
}))
put(data.frame(family = families$family, adjusted = exact(families$adjusted)), "holm.csv")

# Answer sheets ---------------------------------------------------------------------------------------------------

sheets <- given("microdata.csv")
sheets$age <- as.numeric(sheets$age)
sheets$times <- as.numeric(sheets$times)

# 1 for a counted answer, 0 for another one in the base, NA outside the base.
counted <- function(answers, yes, left_out) ifelse(answers %in% c("", "prefer_not", left_out), NA, answers %in% yes)
ticked <- function(answers, choice) ifelse(answers == "", NA, vapply(strsplit(answers, ";"), function(own) choice %in% own, TRUE))

figures <- list(
  list("trained", "", counted(sheets$trained, "yes", c()), 100, 1, "sex"),
  list("often", "", counted(sheets$often, c("often", "always"), "not_applicable"), 100, 1, "sex"),
  list("safe", "", counted(sheets$safe, "always", "dont_know"), 100, 1, ""),
  list("area", "city", counted(sheets$area, "city", c()), 100, 1, ""),
  list("area", "town", counted(sheets$area, "town", c()), 100, 1, ""),
  list("area", "village", counted(sheets$area, "village", c()), 100, 1, ""),
  list("ways", "a", ticked(sheets$ways, "a"), 100, 1, ""),
  list("ways", "b", ticked(sheets$ways, "b"), 100, 1, ""),
  list("ways", "c", ticked(sheets$ways, "c"), 100, 1, ""),
  list("ways", "none", ticked(sheets$ways, "none"), 100, 1, ""),
  list("way.a", "", ticked(sheets$ways, "a"), 100, 0, ""),
  list("content.older", "", ifelse(!is.na(sheets$age) & sheets$age >= 40, counted(sheets$content, "yes", c()), NA), 100, 1, ""),
  list("times", "", sheets$times, 1, 2, ""),
  list("times.zero", "", ifelse(sheets$trained == "no", 0, sheets$times), 1, 1, ""),
  list("age.mean", "", sheets$age, 1, 1, "sex")
)

# From whole numbers, half up: what a person would write who has the counts.
printed <- function(sum, n, factor, decimals) {
  whole <- floor((2 * factor * sum * 10^decimals + n) / (2 * n))
  formatC(whole / 10^decimals, format = "f", digits = decimals)
}

one_block <- function(d, indicator, category, factor, decimals, block) {
  design <- svydesign(ids = ~1, weights = ~1, data = d)
  means <- svyby(~y, ~country, design, svymean, na.rm = TRUE)
  bases <- svyby(~y, ~country, design, unwtd.count)
  sums <- tapply(d$y, d$country, sum, na.rm = TRUE)
  own <- data.frame(indicator = indicator, country = means$country, block = block, category = category,
                    value = exact(factor * means$y), n = bases$counts)
  own$printed <- mapply(printed, sums[own$country], own$n, MoreArgs = list(factor = factor, decimals = decimals))
  own$k <- if (factor == 100) sums[own$country] else ""
  own
}

of_seed <- function(seed) {
  here <- sheets$seed == seed
  rows <- do.call(rbind, lapply(figures, function(f) {
    d <- data.frame(country = sheets$country, sex = sheets$sex, y = as.numeric(f[[3]]))[here, ]
    parts <- list(one_block(d, f[[1]], f[[2]], f[[4]], f[[5]], "all"))
    if (f[[6]] == "sex") for (sex in c("woman", "man"))
      parts[[length(parts) + 1]] <- one_block(d[d$sex == sex, ], f[[1]], f[[2]], f[[4]], f[[5]], sex)
    do.call(rbind, parts)
  }))
  ages <- data.frame(country = sheets$country, y = sheets$age)[here & !is.na(sheets$age), ]
  for (what in c("low", "high", "count")) {
    value <- tapply(ages$y, ages$country, c(low = min, high = max, count = length)[[what]])
    n <- tapply(ages$y, ages$country, length)
    rows <- rbind(rows, data.frame(indicator = paste0("age.", what), country = names(value), block = "all",
                                   category = "", value = exact(value), n = n, printed = value, k = ""))
  }
  cbind(seed = seed, rows)
}
cells <- do.call(rbind, lapply(unique(sheets$seed), of_seed))
put(cells, "cells.csv")

totals <- function(indicator) cells[cells$indicator == indicator & cells$block == "all", ]
averages <- do.call(rbind, lapply(c("trained", "often", "safe", "times.zero"), function(name) {
  own <- totals(name)
  do.call(rbind, lapply(seq_len(nrow(own)), function(row) {
    same <- own$seed == own$seed[row]
    if (name == "often") same <- same & own$country != own$country[row]
    data.frame(seed = own$seed[row], indicator = name, focal = own$country[row],
               average = exact(mean(as.numeric(own$value[same]))))
  }))
}))
put(averages, "averages.csv")

# Contrasts: women and men within a country, by Fisher; countries, by chi-square where five people are expected everywhere.
contrast <- function(seed, country, indicator, own, two_groups) {
  k <- as.integer(own$k); n <- as.integer(own$n)
  chi <- pearson(k, n)
  by_fisher <- two_groups || min(chi$expected) < 5
  data.frame(seed = seed, country = country, indicator = indicator, method = ifelse(by_fisher, "fisher", "chi_square"),
             p = if (by_fisher) fisher(k, n) else chi$p.value)
}
contrasts <- do.call(rbind, lapply(unique(cells$seed), function(seed) {
  own <- cells[cells$seed == seed, ]
  sexes <- lapply(unique(own$country), function(country) {
    pairs <- lapply(c("trained", "often"), function(name)
      contrast(seed, country, name, own[own$indicator == name & own$country == country & own$block != "all", ], TRUE))
    pairs <- do.call(rbind, pairs)
    cbind(pairs, adjusted = p.adjust(pairs$p, "holm"))
  })
  across <- lapply(c("safe", "way.a"), function(name) contrast(seed, "", name, own[own$indicator == name & own$block == "all", ], FALSE))
  across <- do.call(rbind, across)
  rbind(do.call(rbind, sexes), cbind(across, adjusted = p.adjust(across$p, "holm")))
}))
contrasts$p <- exact(contrasts$p)
contrasts$adjusted <- exact(contrasts$adjusted)
put(contrasts, "contrasts.csv")

writeLines(c(R.version.string, paste("survey", packageVersion("survey"))), file.path("values", "versions.txt"))
