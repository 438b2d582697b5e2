using System.Runtime.CompilerServices;
using Quiescent.Tests.Resources.Support;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Resources;

// A mapped file: all of it, whatever its length, and until the last reader of each mapping has gone.
public sealed class FileTests
{
    public static TheoryData<DomainKind> Domains => Kinds.Domains;

    [Theory]
    [MemberData(nameof(Domains))]
    public void A_replaced_mapping_is_unmapped_after_its_readers(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        (string first, string second) = (Mapping.NewFile(1), Mapping.NewFile(2, 77));
        RcuMemoryMappedFile file = new(first, domain);
        Assert.Equal((TestFile.Length, 1), (file.Length, file.MappingsOpen));
        using (new Visitor(domain))
        {
            file.Replace(second);
            Assert.Equal((77, 2), (file.Length, file.MappingsOpen));
            steps.Advance();
            Assert.Equal((true, true, 2), (Mapping.IsMapped(first), Mapping.IsMapped(second), file.MappingsOpen));
        }

        steps.Advance();
        Assert.Equal((false, true, 1), (Mapping.IsMapped(first), Mapping.IsMapped(second), file.MappingsOpen));
        file.Dispose();
        Assert.Equal(1, file.MappingsOpen);
        steps.Advance();
        Assert.Equal((false, 0), (Mapping.IsMapped(second), file.MappingsOpen));
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void The_same_file_can_be_mapped_anew(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        string path = Mapping.NewFile(1);
        RcuMemoryMappedFile file = new(path, domain);
        File.Delete(path);
        File.WriteAllBytes(path, [2, 2, 2]);
        file.Replace(path);
        domain.Barrier();
        Assert.Equal((3, 1), (file.Length, file.MappingsOpen));
        file.Dispose();
        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, file.MappingsOpen);
    }

    // Only the span is left of its mapping: the file is another by then, and so is its name.
    [Fact]
    public void A_span_stays_readable_while_its_mapping_is_replaced_and_its_file_deleted()
    {
        using RcuDomain domain = new();
        string path = Mapping.NewFile(1);
        using RcuMemoryMappedFile file = new(path, domain);
        using (ReadGuard guard = domain.ReadLock())
        {
            ReadOnlySpan<byte> span = guard.Dereference(file);
            File.Delete(path);
            file.Replace(Mapping.NewFile(2, 10));
            ReadOnlySpan<byte> next = guard.Dereference(file);
            file.Replace(Mapping.NewFile(3, 20));
            Worker.Run(static () => GC.Collect());
            TestFile.Check(span, TestFile.Length, 1);
            TestFile.Check(next, 10, 2);
            TestFile.Check(guard.Dereference(file), 20, 3);
            Assert.Equal(3, file.MappingsOpen);
        }

        RcuAssert.BooksBalance(domain);
        Assert.Equal(1, file.MappingsOpen);
    }

    [Fact]
    public async Task Memory_is_held_across_awaits_while_its_mapping_is_replaced()
    {
        using SrcuDomain domain = new();
        (string first, string second) = (Mapping.NewFile(1), Mapping.NewFile(2));
        using RcuMemoryMappedFile file = new(first, domain);
        await using (SrcuReadLock section = domain.ReadLock())
        {
            ReadOnlyMemory<byte> memory = section.DereferenceMemory(file);
            file.Replace(second);
            await Task.Yield();
            GC.Collect();
            TestFile.Check(memory.Span, TestFile.Length, 1);
            await Task.Run(
                () => TestFile.Check(memory[10..].Span, TestFile.Length - 10, 1),
                TestContext.Current.CancellationToken);
            using (System.Buffers.MemoryHandle pin = memory.Pin())
            {
                Assert.Equal(1, ReadFirst(pin));
            }

            TestFile.Check(section.DereferenceMemory(file).Span, TestFile.Length, 2);
            Assert.True(Mapping.IsMapped(first));
        }

        await domain.BarrierAsync(TestContext.Current.CancellationToken);
        Assert.False(Mapping.IsMapped(first));
    }

    // Its keeper may have kept it too long. That is the keeper's bug, and no reason to read what is there by now.
    [Fact]
    public void Memory_of_a_mapping_that_is_gone_throws()
    {
        using SrcuDomain domain = new();
        string first = Mapping.NewFile(1);
        using RcuMemoryMappedFile file = new(first, domain);
        ReadOnlyMemory<byte> kept;
        using (SrcuReadLock section = domain.ReadLock())
        {
            kept = section.DereferenceMemory(file);
        }

        file.Replace(Mapping.NewFile(2));
        domain.Barrier();
        Assert.False(Mapping.IsMapped(first));
        Assert.Throws<ObjectDisposedException>(() => kept.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => kept.Pin());
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void An_empty_file_is_an_empty_span(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        RcuMemoryMappedFile file = new(Mapping.NewFile(0, length: 0), domain);
        Assert.Equal(0, file.Length);
        using (Visitor visitor = new(domain))
        {
            visitor.Look(new Looking(
                static span => Assert.True(span.IsEmpty),
                section => Assert.True(section.DereferenceMemory(file).IsEmpty && section.Dereference(file).IsEmpty),
                file));
        }

        file.Replace(Mapping.NewFile(1, 5));
        Assert.Equal(5, file.Length);
        file.Replace(Mapping.NewFile(0, length: 0));
        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, file.Length);
        file.Dispose();
        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, file.MappingsOpen);
    }

    // 3 GiB, of which nothing is on the disk.
    [Fact]
    public void Any_part_of_a_file_longer_than_a_span_can_be_read()
    {
        const long Length = 3L << 30;
        string path = Mapping.NewPath();
        using (FileStream stream = File.Create(path))
        {
            stream.SetLength(Length);
            stream.Position = Length - 3;
            stream.Write([7, 8, 9]);
        }

        using RcuDomain domain = new();
        using RcuMemoryMappedFile file = new(path, domain);
        Assert.Equal(Length, file.Length);
        using ReadGuard guard = domain.ReadLock();
        Assert.Equal([7, 8, 9], guard.Dereference(file, Length - 3, 3).ToArray());
        Assert.Equal(int.MaxValue, guard.Dereference(file, 1L << 20, int.MaxValue).Length);
        Assert.True(guard.Dereference(file, Length, 0).IsEmpty);
        Assert.True(IsRefused(in guard, file), "A span over the whole was handed out, which can only be over a part.");
        File.Delete(path);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, -1)]
    [InlineData(0, 11)]
    [InlineData(10, 1)]
    [InlineData(11, 0)]
    [InlineData(5, int.MaxValue)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MaxValue, int.MaxValue)]
    [InlineData(long.MinValue, int.MaxValue)]
    [InlineData(uint.MaxValue + 1L, 1)]
    public void A_part_that_is_not_in_the_file_is_refused(long offset, int length)
    {
        using RcuDomain domain = new();
        using SrcuDomain sleepable = new();
        using RcuMemoryMappedFile file = new(Mapping.NewFile(1, 10), domain);
        using RcuMemoryMappedFile other = new(Mapping.NewFile(1, 10), sleepable);
        bool isRefused = false;
        using (ReadGuard guard = domain.ReadLock())
        {
            try
            {
                guard.Dereference(file, offset, length);
            }
            catch (ArgumentOutOfRangeException)
            {
                isRefused = true;
            }

            TestFile.Check(guard.Dereference(file, 9, 1), 1, 1);
            Assert.True(guard.Dereference(file, 10, 0).IsEmpty);
        }

        Assert.True(isRefused);
        using SrcuReadLock section = sleepable.ReadLock();
        Assert.Throws<ArgumentOutOfRangeException>(() => section.Dereference(other, offset, length).Length);
    }

    [Fact]
    public void A_file_that_is_not_there_leaves_nothing_behind_and_the_mapping_as_it_was()
    {
        using RcuDomain domain = new();
        string missing = Mapping.NewPath();
        Assert.Throws<FileNotFoundException>(() => new RcuMemoryMappedFile(missing, domain));
        Assert.Throws<ArgumentNullException>(() => new RcuMemoryMappedFile(null!, domain));
        using RcuMemoryMappedFile file = new(Mapping.NewFile(4, 40), domain);
        Assert.Throws<FileNotFoundException>(() => file.Replace(missing));
        Assert.Throws<ArgumentNullException>(() => file.Replace(null!));
        Assert.ThrowsAny<Exception>(() => file.Replace(Path.GetTempPath()));
        RcuAssert.BooksBalance(domain);
        Assert.Equal((40, 1), (file.Length, file.MappingsOpen));
        using ReadGuard guard = domain.ReadLock();
        TestFile.Check(guard.Dereference(file), 40, 4);
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void A_closed_file_maps_no_other(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        (string first, string late) = (Mapping.NewFile(1), Mapping.NewFile(2));
        RcuMemoryMappedFile file = new(first, domain);
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Replace(late));
        RcuAssert.BooksBalance(domain);
        Until.True(() => !Mapping.IsMapped(first) && !Mapping.IsMapped(late));
        Assert.Equal(0, file.MappingsOpen);
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void After_the_domain_s_disposal_mappings_are_still_unmapped_after_their_readers(DomainKind domainKind)
    {
        GracePeriodDomain domain = Kinds.New(domainKind);
        (string first, string second) = (Mapping.NewFile(1), Mapping.NewFile(2));
        RcuMemoryMappedFile file = new(first, domain);
        using Visitor visitor = new(domain);
        domain.Dispose();
        file.Replace(second);
        file.Dispose();
        Assert.Equal((true, true, 2), (Mapping.IsMapped(first), Mapping.IsMapped(second), file.MappingsOpen));
        visitor.Leave();
        Until.True(() => file.MappingsOpen == 0);
        Assert.Equal((false, false), (Mapping.IsMapped(first), Mapping.IsMapped(second)));
    }

    // Faults caught: a mapping lost between two replacements, and one taken in by a file that closes.
    [Theory]
    [MemberData(nameof(Domains))]
    public void Replacing_and_closing_at_once_unmap_everything(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        string[] paths = [.. Enumerable.Range(0, 4).Select(i => Mapping.NewFile((byte)i))];
        for (int round = 0; round < 10; round++)
        {
            RcuMemoryMappedFile file = new(paths[0], domain);
            using Barrier start = new(4);
            Worker[] replacers = Worker.StartMany(3, thread =>
            {
                start.SignalAndWait(Until.Bound);
                try
                {
                    for (int i = 0; i < 20; i++)
                    {
                        file.Replace(paths[thread + 1]);
                    }
                }
                catch (ObjectDisposedException)
                {
                    // The other permitted outcome.
                }
            });
            start.SignalAndWait(TestContext.Current.CancellationToken);
            file.Dispose();
            Worker.JoinAll(replacers);
            RcuAssert.BooksBalance(domain);
            Assert.Equal(0, file.MappingsOpen);
            Assert.DoesNotContain(paths, Mapping.IsMapped);
        }
    }

    // Readers check every byte of a page while mappings come and go under them.
    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Domains))]
    public void Readers_see_each_mapping_whole_while_it_is_replaced(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        string[] paths = [.. Enumerable.Range(0, 3).Select(i => Mapping.NewFile((byte)i, 4_096 * (i + 1)))];
        RcuMemoryMappedFile file = new(paths[0], domain);
        bool isDone = false;
        Looking looking = new(
            static span => Assert.True(!span.ContainsAnyExcept((byte)((span.Length / 4_096) - 1))), null, file);
        Worker[] readers = Worker.StartMany(2, _ =>
        {
            while (!Volatile.Read(ref isDone))
            {
                if (domain is SrcuDomain sleepable)
                {
                    using SrcuReadLock section = sleepable.ReadLock();
                    looking.Look(section);
                }
                else
                {
                    using ReadGuard guard = ((RcuDomain)domain).ReadLock();
                    looking.Look(in guard);
                }
            }
        });
        for (int i = 0; i < 1_500; i++)
        {
            file.Replace(paths[i % paths.Length]);
        }

        Volatile.Write(ref isDone, true);
        Worker.JoinAll(readers);
        file.Dispose();
        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, file.MappingsOpen);
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void All_mappings_of_a_dropped_file_are_unmapped(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        (string first, string second) = (Mapping.NewFile(1), Mapping.NewFile(2));
        using (new Visitor(domain))
        {
            MapAndDrop(domain, first, second);
            Garbage.Collect();
            Assert.Equal((true, true), (Mapping.IsMapped(first), Mapping.IsMapped(second)));
        }

        Until.True(() =>
        {
            Garbage.Collect();
            return !Mapping.IsMapped(first) && !Mapping.IsMapped(second);
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MapAndDrop(GracePeriodDomain domain, string first, string second) =>
        new RcuMemoryMappedFile(first, domain).Replace(second);

    private static unsafe byte ReadFirst(System.Buffers.MemoryHandle pin) => *(byte*)pin.Pointer;

    private static bool IsRefused(scoped ref readonly ReadGuard guard, RcuMemoryMappedFile file)
    {
        try
        {
            return guard.Dereference(file).Length < 0;
        }
        catch (Exception e) when (e is InvalidOperationException or OverflowException)
        {
            return true;
        }
    }

    // Looks at the whole file, as the test wants it.
    private sealed class Looking(Action<ReadOnlySpan<byte>> look, Action<SrcuReadLock>? more, RcuMemoryMappedFile file)
        : TestResource(new Releases())
    {
        public override void Close() => file.Dispose();

        public override void Look(scoped ref readonly ReadGuard guard) => look(guard.Dereference(file));

        public override void Look(scoped ref readonly OnlineReadGuard guard) => look(guard.Dereference(file));

        public override void Look(SrcuReadLock section)
        {
            look(section.Dereference(file));
            more?.Invoke(section);
        }
    }
}
