using System.Runtime.CompilerServices;

namespace Quiescent.Scale.Workloads.Resources;

// The file as RcuMemoryMappedFile maps it, which could be replaced or closed meanwhile.
internal abstract class RcuMapping : IDisposable
{
    protected static readonly SrcuDomain s_sleepable = new(new RcuDomainOptions { Name = "scale, mapped files" });

    private readonly PatternFile _pattern = new();

    protected RcuMapping(GracePeriodDomain domain) => File = new RcuMemoryMappedFile(_pattern.Path, domain);

    protected RcuMemoryMappedFile File { get; }

    public virtual void Dispose()
    {
        File.Dispose();
        _pattern.Dispose();
    }
}

// A section a byte.
internal sealed class GuardedFile() : RcuMapping(Rcu.DefaultDomain), IShared
{
    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(File), offsets);

    private readonly struct Byte(RcuMemoryMappedFile file) : IUse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset)
        {
            using ReadGuard guard = Rcu.ReadLock();
            return guard.Dereference(file)[offset];
        }
    }
}

// A section a byte, by a registered reader of the thread.
internal sealed class FileByHandle() : RcuMapping(Rcu.DefaultDomain), IShared
{
    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop
    {
        using RcuReader reader = Rcu.RegisterReader();
        return TLoop.Run(new Byte(reader, File), offsets);
    }

    private readonly ref struct Byte(RcuReader reader, RcuMemoryMappedFile file) : IUse
    {
        private readonly RcuReader _reader = reader;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset)
        {
            using ReadGuard guard = _reader.ReadLock();
            return guard.Dereference(file)[offset];
        }
    }
}

// A section a byte, that might await.
internal sealed class SleepableFile() : RcuMapping(s_sleepable), IShared
{
    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(s_sleepable, File), offsets);

    private readonly struct Byte(SrcuDomain domain, RcuMemoryMappedFile file) : IUse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset)
        {
            using SrcuReadLock section = domain.ReadLock();
            return section.Dereference(file)[offset];
        }
    }
}

// One section around all bytes, and the mapping dereferenced for each.
internal sealed class FileInSection() : RcuMapping(Rcu.DefaultDomain), IShared
{
    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop
    {
        using ReadGuard guard = Rcu.ReadLock();
        return TLoop.Run(new Byte(guard, File), offsets);
    }

    private readonly ref struct Byte(ReadGuard guard, RcuMemoryMappedFile file) : IUse
    {
        private readonly ReadGuard _guard = guard;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset) => _guard.Dereference(file)[offset];
    }
}

internal sealed class FileInSleepableSection() : RcuMapping(s_sleepable), IShared
{
    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop
    {
        using SrcuReadLock section = s_sleepable.ReadLock();
        return TLoop.Run(new Byte(section, File), offsets);
    }

    private readonly struct Byte(SrcuReadLock section, RcuMemoryMappedFile file) : IUse
    {
        private readonly SrcuReadLock _section = section;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset) => _section.Dereference(file)[offset];
    }
}

// One section around all bytes, and the mapping dereferenced once.
internal sealed class SpanInSection() : RcuMapping(Rcu.DefaultDomain), IShared
{
    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop
    {
        using ReadGuard guard = Rcu.ReadLock();
        return TLoop.Run(new Byte(guard.Dereference(File)), offsets);
    }

    private readonly ref struct Byte(ReadOnlySpan<byte> bytes) : IUse
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset) => _bytes[offset];
    }
}
