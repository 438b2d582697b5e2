namespace Quiescent.Scale.Contests;

// What has to be done once before a contestant's first turn, and how long that takes about. Contestants may share one:
// equal values are one.
internal sealed record SetUp(string What, TimeSpan Time);
