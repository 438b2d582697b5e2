namespace Quiescent.Collections.Tests.Support;

internal readonly record struct Quote(long Price, int Size, short Venue);
