using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Resources;

// Mapped files of a few pages. Each byte is the file's stamp, and the length says which stamp that is. A reader of an
// unmapped page crashes the process, so this one has no busted twin. Meanwhile the files themselves are deleted and
// made anew.
internal sealed class MappedFiles : ResourceFixture, IDisposable
{
    private const int Files = 3;
    private const int PageBytes = 4096;
    private const int PartBytes = 16;
    private const byte FirstStamp = 0x51;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("quiescent-torture-");
    private readonly RcuMemoryMappedFile[] _places;

    public MappedFiles(Subject subject)
        : base(subject, "mapped file", Releasing.QueueRelease)
    {
        for (int i = 0; i < Files; i++)
        {
            Write(i);
        }

        _places = [.. Enumerable.Range(0, Places).Select(i => New(i % Files))];
    }

    public override void Change(Rng random)
    {
        ref RcuMemoryMappedFile place = ref _places[random.Next(Places)];
        int number = random.Next(Files);
        switch (random.Next(16))
        {
            case 0:
                Interlocked.Exchange(ref place, New(number)).Dispose();
                break;
            case 1:
                // Dropped: its finalizer must unmap it.
                Interlocked.Exchange(ref place, New(number));
                break;
            case 2:
                Write(number);
                break;
            default:
                Replace(Volatile.Read(ref place), PathOf(number));
                break;
        }
    }

    public override void CloseAll() => Array.ForEach(_places, file => file.Dispose());

    /// <summary>Counts the mappings that the operating system still shows, where it shows them.</summary>
    public override string? Fault()
    {
        int mapped = 0;
        if (OperatingSystem.IsLinux())
        {
            mapped = File.ReadLines("/proc/self/maps")
                .Count(line => line.Contains(_directory.FullName, StringComparison.Ordinal));
        }

        return mapped == 0 ? null : $"{mapped} mappings of files of the torture are left.";
    }

    /// <summary>Holds a mapping across awaits.</summary>
    public async Task LookAcross(SrcuReadLock section, Func<Task> hop, Rng random)
    {
        ReadOnlyMemory<byte> memory;
        try
        {
            memory = section.DereferenceMemory(Volatile.Read(ref _places[random.Next(Places)]));
        }
        catch (ObjectDisposedException)
        {
            return;
        }

        await hop();
        Check(memory.Span);
        await hop();
        Check(memory.Span);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    protected override Life? LookAt(int place, scoped ref readonly ReadGuard guard, Delay delay, Rng random)
    {
        RcuMemoryMappedFile file = Volatile.Read(ref _places[place]);
        if (random.OneIn(4))
        {
            CheckPart(guard.Dereference(file, random.Next(PageBytes - PartBytes), PartBytes), delay, random);
        }
        else
        {
            Check(guard.Dereference(file), delay, random);
        }

        return null;
    }

    protected override Life? LookAt(int place, SrcuReadLock section, Delay delay, Rng random)
    {
        RcuMemoryMappedFile file = Volatile.Read(ref _places[place]);
        if (random.OneIn(4))
        {
            CheckPart(section.Dereference(file, random.Next(PageBytes - PartBytes), PartBytes), delay, random);
        }
        else
        {
            Check(random.OneIn(2) ? section.DereferenceMemory(file).Span : section.Dereference(file), delay, random);
        }

        return null;
    }

    private void Check(ReadOnlySpan<byte> span, Delay delay, Rng random)
    {
        Check(span);
        delay.Spend(random);
        Check(span);
    }

    private void Check(ReadOnlySpan<byte> span)
    {
        if (span.IsEmpty || span.ContainsAnyExcept(Stamp((span.Length / PageBytes) - 1)))
        {
            Fail($"of {span.Length} bytes holds bytes that are not its own");
        }
    }

    private void CheckPart(ReadOnlySpan<byte> span, Delay delay, Rng random)
    {
        byte stamp = span[0];
        delay.Spend(random);
        if (stamp is < FirstStamp or >= FirstStamp + Files || span.ContainsAnyExcept(stamp))
        {
            Fail($"holds bytes that are not its own, {stamp:x}");
        }
    }

    private RcuMemoryMappedFile New(int number) => new(PathOf(number), Subject.Domain);

    // The file's pages are not touched: another file has the name afterwards.
    private void Write(int number)
    {
        string path = Path.Combine(_directory.FullName, Path.GetRandomFileName());
        byte[] content = new byte[(number + 1) * PageBytes];
        content.AsSpan().Fill(Stamp(number));
        File.WriteAllBytes(path, content);
        File.Move(path, PathOf(number), overwrite: true);
    }

    private string PathOf(int number) => Path.Combine(_directory.FullName, $"{number + 1} pages");

    private static byte Stamp(int number) => (byte)(FirstStamp + number);

    private static void Replace(RcuMemoryMappedFile file, string path)
    {
        try
        {
            file.Replace(path);
        }
        catch (ObjectDisposedException)
        {
            // Another updater has closed it.
        }
    }
}
