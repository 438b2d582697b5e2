using System.Diagnostics.CodeAnalysis;

namespace Quiescent.Collections.Entries;

// What is wrong with a guard that is not of the collection's domain.
internal static class GuardCheck
{
    [DoesNotReturn]
    public static unsafe void Throw(scoped ref readonly ReadGuard guard, string name) =>
        throw new InvalidOperationException(guard.State == null
            ? $"The guard is a default one, which protects nothing. Open a section of the domain of '{name}'."
            : $"The guard is of another domain than '{name}'. Open a section of the domain that the collection was "
                + $"made with ({nameof(RcuCollectionOptions)}.{nameof(RcuCollectionOptions.Domain)}).");
}
