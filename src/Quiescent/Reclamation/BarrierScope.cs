using Quiescent.Memory;

namespace Quiescent.Reclamation;

// What a barrier waits for: everything, user code alone, the blocks that the library frees by itself, all blocks, or
// those of one channel. The second and the third are what the first consists of.
internal readonly struct BarrierScope
{
    private readonly Kind _kind;
    private readonly int _channel;

    private BarrierScope(Kind kind, int channel = 0)
    {
        _kind = kind;
        _channel = channel;
    }

    private enum Kind
    {
        Everything,
        Code,
        Blocks,
        AllBlocks,
        Channel,
    }

    public static BarrierScope Everything => new(Kind.Everything);

    /// <summary>Function callbacks, delegates and user deallocators, asynchronous callbacks included.</summary>
    public static BarrierScope Code => new(Kind.Code);

    /// <summary>Blocks of built-in deallocators and pools: any thread may reclaim them, as no user code runs
    /// (O8).</summary>
    public static BarrierScope Blocks => new(Kind.Blocks);

    /// <summary>These, and the blocks of user deallocators; no callbacks.</summary>
    public static BarrierScope AllBlocks => new(Kind.AllBlocks);

    /// <summary>The blocks of one pool.</summary>
    public static BarrierScope Of(int channel) => new(Kind.Channel, channel);

    /// <summary>Whether it has user code, which the reclaimer alone runs.</summary>
    public bool HasCode => _kind is Kind.Everything or Kind.Code or Kind.AllBlocks;

    /// <summary>Whether it has callbacks, asynchronous ones included.</summary>
    public bool HasCallbacks => _kind is Kind.Everything or Kind.Code;

    public bool IsCodeOnly => _kind == Kind.Code;

    /// <summary>Whether it has the heads of built-in deallocators.</summary>
    public bool HasHeads => _kind is Kind.Everything or Kind.Blocks or Kind.AllBlocks;

    /// <summary>Whether it has the blocks of the channel.</summary>
    public bool Has(int channel) => _kind switch
    {
        Kind.Everything or Kind.AllBlocks => true,
        Kind.Code => Deallocators.IsCode(channel),
        Kind.Blocks => !Deallocators.IsCode(channel),
        _ => channel == _channel,
    };
}
