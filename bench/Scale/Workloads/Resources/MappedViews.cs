using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace Quiescent.Scale.Workloads.Resources;

// The pattern in a file, which is deleted after the turn.
internal sealed class PatternFile : IDisposable
{
    public PatternFile() => File.WriteAllBytes(Path, Pattern.Bytes);

    public string Path { get; } = System.IO.Path.GetTempFileName();

    public void Dispose() => File.Delete(Path);
}

// The file as the base library maps it.
internal abstract class MappedView : IDisposable
{
    private readonly PatternFile _file = new();
    private readonly MemoryMappedFile _mapping;

    protected MappedView()
    {
        _mapping = MemoryMappedFile.CreateFromFile(
            _file.Path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        Accessor = _mapping.CreateViewAccessor(0, Pattern.Length, MemoryMappedFileAccess.Read);
    }

    protected MemoryMappedViewAccessor Accessor { get; }

    public virtual void Dispose()
    {
        Accessor.Dispose();
        _mapping.Dispose();
        _file.Dispose();
    }
}

// The floor: only the turn itself keeps the mapping.
internal sealed unsafe class RawView : MappedView, IShared
{
    private readonly byte* _bytes;

    public RawView() => Accessor.SafeMemoryMappedViewHandle.AcquirePointer(ref _bytes);

    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(_bytes), offsets);

    public override void Dispose()
    {
        Accessor.SafeMemoryMappedViewHandle.ReleasePointer();
        base.Dispose();
    }

    private readonly struct Byte(byte* bytes) : IUse
    {
        // SAFETY: the turn ends before the mapping, and offsets lie within it.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset) => bytes[offset];
    }
}

internal sealed class AccessedView : MappedView, IShared
{
    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(Accessor), offsets);

    private readonly struct Byte(MemoryMappedViewAccessor accessor) : IUse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset) => accessor.ReadByte(offset);
    }
}

internal sealed class BufferedView : MappedView, IShared
{
    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(Accessor.SafeMemoryMappedViewHandle), offsets);

    private readonly struct Byte(SafeMemoryMappedViewHandle view) : IUse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset) => view.Read<byte>((ulong)offset);
    }
}

internal sealed class AcquiredView : MappedView, IShared
{
    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(Accessor.SafeMemoryMappedViewHandle), offsets);

    private readonly unsafe struct Byte(SafeMemoryMappedViewHandle view) : IUse
    {
        // SAFETY: the pointer is held while it is used, and offsets lie within the view.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset)
        {
            byte* bytes = null;
            view.AcquirePointer(ref bytes);
            try
            {
                return bytes[offset];
            }
            finally
            {
                view.ReleasePointer();
            }
        }
    }
}
