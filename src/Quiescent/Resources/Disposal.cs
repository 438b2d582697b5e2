using Quiescent.Queues;

namespace Quiescent.Resources;

// Disposes of an object after a grace period. Made before the object is unlinked, and so before it is known which one
// it will be.
internal sealed class Disposal : ManagedCallback
{
    public IDisposable? Resource { get; set; }

    public override string Name => $"{Resource?.GetType()}.{nameof(IDisposable.Dispose)}";

    protected override void Run() => Resource?.Dispose();
}
