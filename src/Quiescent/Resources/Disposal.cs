using Quiescent.Queues;

namespace Quiescent.Resources;

// Disposes of an object after a grace period. It is made before the object is unlinked, when it is not known yet which
// object that will be.
internal sealed class Disposal : ManagedCallback
{
    public IDisposable? Resource { get; set; }

    public override string Name => $"{Resource?.GetType()}.{nameof(IDisposable.Dispose)}";

    protected override void Run() => Resource?.Dispose();
}
