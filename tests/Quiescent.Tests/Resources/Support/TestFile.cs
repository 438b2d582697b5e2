namespace Quiescent.Tests.Resources.Support;

// Whether a file is mapped into the process, as the operating system sees it.
internal sealed class Mapping(string path) : Releases
{
    private static readonly DirectoryInfo s_directory = Directory.CreateTempSubdirectory("quiescent-resources-");

    static Mapping() => AppDomain.CurrentDomain.ProcessExit += (_, _) => s_directory.Delete(recursive: true);

    public override int Count => IsMapped(path) ? 0 : 1;

    public static string NewPath() => Path.Combine(s_directory.FullName, Path.GetRandomFileName());

    /// <summary>A file of its own, filled with the byte.</summary>
    public static string NewFile(byte stamp = TestFile.Stamp, int length = TestFile.Length)
    {
        byte[] content = new byte[length];
        content.AsSpan().Fill(stamp);
        return NewFile(content);
    }

    /// <summary>A file of its own with the content.</summary>
    public static string NewFile(ReadOnlySpan<byte> content)
    {
        string path = NewPath();
        File.WriteAllBytes(path, content);
        return path;
    }

    public static bool IsMapped(string path)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "What is mapped is asked of /proc.");
        return File.ReadLines("/proc/self/maps").Any(line => line.EndsWith(path, StringComparison.Ordinal));
    }
}

internal sealed class TestFile : TestResource
{
    public const int Length = 9_000;
    public const byte Stamp = 0x5A;

    private readonly RcuMemoryMappedFile _file;

    public TestFile(GracePeriodDomain? domain)
        : this(Mapping.NewFile(), domain)
    {
    }

    private TestFile(string path, GracePeriodDomain? domain)
        : base(new Mapping(path)) => _file = new RcuMemoryMappedFile(path, domain);

    public override void Close() => _file.Dispose();

    public override void Look(scoped ref readonly ReadGuard guard)
    {
        Check(guard.Dereference(_file), Length);
        Check(guard.Dereference(_file, 4_000, 200), 200);
    }

    public override void Look(scoped ref readonly OnlineReadGuard guard)
    {
        Check(guard.Dereference(_file), Length);
        Check(guard.Dereference(_file, 4_000, 200), 200);
    }

    public override void Look(SrcuReadLock section)
    {
        Check(section.Dereference(_file), Length);
        Check(section.Dereference(_file, 4_000, 200), 200);
        Check(section.DereferenceMemory(_file).Span, Length);
    }

    public static void Check(ReadOnlySpan<byte> span, int length, byte stamp = Stamp)
    {
        Assert.Equal(length, span.Length);
        Assert.True(!span.ContainsAnyExcept(stamp), $"The file holds {span[0]:x}, not {stamp:x}.");
    }
}
