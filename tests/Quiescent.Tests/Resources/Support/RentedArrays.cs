using System.Buffers;

namespace Quiescent.Tests.Resources.Support;

internal static class RentedArrays
{
    public static T[][] RentMany<T>(ArrayPool<T> pool, int length, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => pool.Rent(length))];
}
