using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Pools;

// A thread's magazines of several pools. Pools that were made one after the other have places of their own. Two that
// share a place find each other's magazine there, and look for their own in the thread's slot.
internal sealed unsafe class MagazineTable
{
    private const int Length = 64; // A power of two.

    public Recurrence Recurrence;
    private Places _places;

    public bool TryFind(long pool, out Magazine* magazine)
    {
        ref readonly Place place = ref _places[(int)pool & (Length - 1)];
        magazine = place.Magazine;
        return place.Pool == pool;
    }

    public void Put(long pool, Magazine* magazine) => _places[(int)pool & (Length - 1)] = new Place(pool, magazine);

    [InlineArray(Length)]
    private struct Places
    {
        private Place _first;
    }

    private readonly struct Place(long pool, Magazine* magazine)
    {
        public readonly long Pool = pool;
        public readonly Magazine* Magazine = magazine;
    }
}
