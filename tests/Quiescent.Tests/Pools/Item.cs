namespace Quiescent.Tests.Pools;

// A block of the tests' pools.
internal struct Item
{
    public long Value;
    public long Check;
}
