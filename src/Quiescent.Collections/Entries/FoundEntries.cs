using System.Runtime.CompilerServices;

namespace Quiescent.Collections.Entries;

// Room for the addresses that a look-up of several keys finds. It lies inside the result, so that nobody can point the
// result at other addresses.
[InlineArray(Length)]
internal struct FoundEntries
{
    public const int Length = 16;

    private nint _address;
}
