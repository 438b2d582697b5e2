using Quiescent.Reclamation;

namespace Quiescent.Resources;

// Something that a lifetime releases at its end, once.
internal interface IReleasable
{
    /// <summary>What <see cref="Release"/> calls, for reports.</summary>
    string ReleaseName { get; }

    void Release();
}

// A resource whose Dispose waits for readers by itself.
internal interface IDefersDisposal
{
    /// <summary>The domain whose readers it waits for.</summary>
    DomainCore Core { get; }
}
