namespace Quiescent.Scale.Contests;

// The preparation for a contestant's first turn, done once, and about how long it takes. Contestants may share one:
// equal values are one.
internal sealed record SetUp(string What, TimeSpan Time);
