namespace Quiescent.Tests.Pools;

// What the tests' pools hold.
internal struct Item
{
    public long Value;
    public long Check;
}
