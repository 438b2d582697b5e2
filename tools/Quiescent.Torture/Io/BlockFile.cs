using Microsoft.Win32.SafeHandles;

namespace Quiescent.Torture.Io;

// A temporary file of random blocks for readers to wait for; they compare what they read.
internal sealed class BlockFile : IDisposable
{
    public const int BlockBytes = 4096;

    private const int Blocks = 1024;

    private readonly byte[] _content = new byte[Blocks * BlockBytes];
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly SafeFileHandle _handle;

    public BlockFile()
    {
        Random.Shared.NextBytes(_content);
        File.WriteAllBytes(_path, _content);
        _handle = File.OpenHandle(_path, options: FileOptions.Asynchronous);
    }

    /// <summary>Reads a block through the file handle that all share. Null: it is as written.</summary>
    public async Task<string?> ReadAsync(int number, Memory<byte> block)
    {
        int index = number % Blocks;
        int bytes = await RandomAccess.ReadAsync(_handle, block, (long)index * BlockBytes);
        return Fault(index, bytes, block);
    }

    /// <summary>Opens the file and reads a block through a stream.</summary>
    public async Task<string?> ReadAnewAsync(int number, Memory<byte> block)
    {
        int index = number % Blocks;
        FileStream stream = new(
            _path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        await using (stream)
        {
            stream.Position = (long)index * BlockBytes;
            int bytes = await stream.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false);
            return Fault(index, bytes, block);
        }
    }

    public void Dispose()
    {
        _handle.Dispose();
        File.Delete(_path);
    }

    private string? Fault(int index, int bytes, Memory<byte> block) =>
        bytes == BlockBytes && block.Span.SequenceEqual(_content.AsSpan(index * BlockBytes, BlockBytes))
            ? null
            : $"Block {index} of the file was not read as it was written: {bytes} bytes.";
}
