// Package scores knows how well models have done in public benchmarks, and what that lets one expect of an answer.
//
// # The table
//
// scores.csv has one row for a result of a model in a benchmark, with its source, licence and date. build/scores makes it of a larger table, of
// which only what its licence lets us ship gets in; a test holds each row to that. NOTICE says whose work it is.
//
// # From results to a prior
//
// Benchmarks are not equally hard: 25 % is much in one, and little in another. So each result is taken to be the sum, in log-odds, of how able
// the model is and how hard the benchmark is, and both are fitted to all results together. A model's prior is what it would be expected to get
// in a benchmark of middling difficulty; [Score.Worth] says how many answers that is worth as evidence, by how well benchmarks of its kind have
// been found to foretell each other: about 50 for general ones, 15 for code and agents, 8 for following instructions. A domain's deviation is what
// the model does better or worse in the benchmarks of that domain than in all, halved, since half of such differences is noise.
//
// A model that nobody has measured has no evidence, and that is said wherever it is shown: it gets the prior of the member of its family that is
// nearest to it, or where there is none, one below the mean of those that have been measured; worth five answers, so that a few thumbs change it.
//
// # Domains
//
// [Classify] says by simple rules what kind of answer a prompt asks for. It learns nothing: a router that learns from text would stand beside it,
// behind the same function, and would have to abstain where it has not seen the like.
package scores
