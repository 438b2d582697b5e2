using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Resources.Support;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Resources;

// A reference whose object is replaced under its readers: each object that has left it is disposed of once, after them,
// except those that Exchange took out.
public sealed class ReferenceTests
{
    public static TheoryData<DomainKind> Domains => Kinds.Domains;

    [Theory]
    [MemberData(nameof(Domains))]
    public void A_replaced_object_is_disposed_of_after_its_readers(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        Disposable first = New();
        Disposable second = New();
        RcuReference<Disposable> reference = new(first, domain);
        using (new Visitor(domain))
        {
            reference.Replace(second);
            Assert.Same(second, reference.LoadProtected());
            steps.Advance();
            Assert.Equal(0, first.Count);
        }

        steps.Advance();
        Assert.Equal((1, 0), (first.Count, second.Count));
        reference.Replace(null);
        Assert.True(reference.IsNull);
        steps.Advance();
        Assert.Equal((1, 1), (first.Count, second.Count));
        reference.Dispose();
        steps.Advance();
        Assert.Equal((1, 1), (first.Count, second.Count));
    }

    // Readers will find it from here on.
    [Theory]
    [MemberData(nameof(Domains))]
    public void An_object_replaced_by_itself_is_not_disposed_of(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        Disposable only = New();
        RcuReference<Disposable> reference = new(only, domain);
        reference.Replace(only);
        Assert.True(reference.TryReplace(only, only));
        domain.Barrier();
        Assert.Equal(0, only.Count);
        Assert.Same(only, reference.LoadProtected());
        reference.Dispose();
        RcuAssert.BooksBalance(domain);
        Assert.Equal(1, only.Count);
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void An_object_that_Exchange_takes_out_is_the_caller_s(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        Disposable first = New();
        Disposable second = New();
        RcuReference<Disposable> reference = new(first, domain);
        Assert.Same(first, reference.Exchange(second));
        Assert.Same(second, reference.Exchange(null));
        Assert.Null(reference.Exchange(null));
        reference.Dispose();
        RcuAssert.BooksBalance(domain);
        Assert.Equal((0, 0), (first.Count, second.Count));
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void TryReplace_replaces_the_object_it_is_given_and_nothing_else(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        Disposable first = New();
        Disposable second = New();
        Disposable third = New();
        RcuReference<Disposable> reference = new(null, domain);
        Assert.True(reference.TryReplace(first, null));
        Assert.False(reference.TryReplace(second, null));
        Assert.False(reference.TryReplace(third, second));
        Assert.True(reference.TryReplace(second, first));
        domain.Barrier();
        Assert.Equal((1, 0, 0), (first.Count, second.Count, third.Count));
        reference.Dispose();
        RcuAssert.BooksBalance(domain);
        Assert.Equal((1, 1, 0), (first.Count, second.Count, third.Count));
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void A_closed_reference_takes_nothing_in(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        Disposable first = New();
        Disposable late = New();
        RcuReference<Disposable> reference = new(first, domain);
        reference.Dispose();
        Assert.Throws<ObjectDisposedException>(() => reference.Replace(late));
        Assert.Throws<ObjectDisposedException>(() => reference.Exchange(late));
        Assert.Throws<ObjectDisposedException>(() => reference.TryReplace(late, null));
        Assert.Throws<ObjectDisposedException>(() => reference.TryReplace(late, first));
        RcuAssert.BooksBalance(domain);
        Assert.Equal((1, 0), (first.Count, late.Count));
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void After_the_domain_s_disposal_objects_are_still_disposed_of_after_their_readers(DomainKind domainKind)
    {
        GracePeriodDomain domain = Kinds.New(domainKind);
        Disposable first = New();
        Disposable second = New();
        RcuReference<Disposable> reference = new(first, domain);
        using Visitor visitor = new(domain);
        domain.Dispose();
        reference.Replace(second);
        Assert.True(reference.TryReplace(null, second));
        Assert.Equal((0, 0), (first.Count, second.Count));
        visitor.Leave();
        Until.True(() => first.Count == 1 && second.Count == 1);
    }

    // Faults caught: an object lost between two replacements, or one disposed of twice; one taken in by a reference
    // that closes.
    [Theory]
    [MemberData(nameof(Domains))]
    public void Replacing_and_closing_at_once_dispose_of_each_object_once_or_refuse_it(DomainKind domainKind)
    {
        const int Threads = 3;
        const int PerThread = 30;
        using GracePeriodDomain domain = Kinds.New(domainKind);
        for (int round = 0; round < 20; round++)
        {
            Disposable first = New();
            RcuReference<Disposable> reference = new(first, domain);
            Disposable[] all = [.. Enumerable.Range(0, Threads * PerThread).Select(_ => New())];
            bool[] isTaken = new bool[all.Length];
            using Barrier start = new(Threads + 1);
            Worker[] replacers = Worker.StartMany(Threads, thread =>
            {
                start.SignalAndWait(Until.Bound);
                for (int i = thread * PerThread; i < (thread + 1) * PerThread; i++)
                {
                    try
                    {
                        isTaken[i] = TryPut(reference, all[i], thread, domain);
                    }
                    catch (ObjectDisposedException)
                    {
                        // It is this thread's still.
                    }
                }
            });
            start.SignalAndWait(TestContext.Current.CancellationToken);
            if (round % 2 == 0)
            {
                reference.Dispose();
                Worker.JoinAll(replacers);
            }
            else
            {
                Worker.JoinAll(replacers);
                reference.Dispose();
            }

            RcuAssert.BooksBalance(domain);
            Assert.Equal(1, first.Count);
            Assert.Equal(isTaken.Select(taken => taken ? 1 : 0), all.Select(one => one.Count));
        }
    }

    [Theory]
    [MemberData(nameof(Failures.All), MemberType = typeof(Failures))]
    public void A_replacement_that_finds_no_memory_is_made_or_throws_with_nothing_changed(string place, Failing failing)
    {
        FaultSite site = Enum.Parse<FaultSite>(place);
        using RcuDomain domain = new(new RcuDomainOptions { Validate = site == FaultSite.Ledger });
        Disposable current = New();
        RcuReference<Disposable> reference = new(current, domain);
        List<Disposable> replaced = [];
        using (new Failures(site, failing))
        {
            Worker.Run(() =>
            {
                for (int i = 0; i < 6; i++)
                {
                    Disposable next = New();
                    try
                    {
                        reference.Replace(next);
                        replaced.Add(current);
                        current = next;
                    }
                    catch (OutOfMemoryException)
                    {
                        Assert.Equal(0, next.Count);
                    }

                    Assert.Same(current, reference.LoadProtected());
                }
            });
        }

        reference.Dispose();
        replaced.Add(current);
        RcuAssert.BooksBalance(domain);
        Assert.All(replaced, one => Assert.Equal(1, one.Count));
    }

    [Fact]
    public void An_empty_reference_is_null_to_its_readers()
    {
        using RcuDomain domain = new();
        using RcuReference<Disposable> reference = new(domain: domain);
        using ReadGuard guard = domain.ReadLock();
        Assert.Null(guard.Dereference(reference));
        Assert.Null(reference.LoadProtected());
        Assert.True(reference.IsNull);
    }

    // A resource that itself waits for readers need not wait twice; but its reader found it before, and goes on with it
    // as with any other object.
    [Theory]
    [MemberData(nameof(Domains))]
    public void A_file_that_leaves_a_reference_can_be_read_by_a_reader_that_has_found_it(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        string path = Mapping.NewFile();
        RcuReference<RcuMemoryMappedFile> reference = new(new RcuMemoryMappedFile(path, domain), domain);
        using Visitor visitor = new(domain);
        Referred referred = new(reference);
        visitor.Look(referred);
        reference.Replace(null);
        steps.Advance();
        visitor.Look(referred);
        reference.Dispose();
        visitor.Look(referred);
        Assert.True(Mapping.IsMapped(path));
        visitor.Leave();
        steps.Advance();
        Assert.False(Mapping.IsMapped(path));
    }

    // Its reader keeps the object, as with any other object.
    [Fact]
    public void A_dropped_reference_disposes_of_nothing_under_a_reader()
    {
        using RcuDomain domain = new();
        using ReadGuard guard = domain.ReadLock();
        Disposable value = DropAfterReading(in guard, domain);
        GC.Collect();
        DeliberateWait.Run(GC.WaitForPendingFinalizers);
        Assert.Equal(0, value.Count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Disposable DropAfterReading(scoped ref readonly ReadGuard guard, RcuDomain domain) =>
        guard.Dereference(new RcuReference<Disposable>(New(), domain))!;

    private static Disposable New() => new(new Releases());

    // Whether it was taken in, and so will leave by a disposal: the reference's, or the exchanger's.
    private static bool TryPut(RcuReference<Disposable> reference, Disposable value, int way, GracePeriodDomain domain)
    {
        switch (way)
        {
            case 0:
                reference.Replace(value);
                return true;
            case 1:
                return reference.TryReplace(value, reference.LoadProtected());
            default:
                if (reference.Exchange(value) is { } old)
                {
                    domain.Dispose(old);
                }

                return true;
        }
    }

    // A file found once through the reference, and dereferenced at each look.
    private sealed class Referred(RcuReference<RcuMemoryMappedFile> reference) : TestResource(new Releases())
    {
        private RcuMemoryMappedFile? _found;

        public override void Close() => reference.Dispose();

        public override void Look(scoped ref readonly ReadGuard guard) =>
            TestFile.Check(guard.Dereference(_found ??= guard.Dereference(reference)!), TestFile.Length);

        public override void Look(scoped ref readonly OnlineReadGuard guard) =>
            TestFile.Check(guard.Dereference(_found ??= guard.Dereference(reference)!), TestFile.Length);

        public override void Look(SrcuReadLock section) =>
            TestFile.Check(section.Dereference(_found ??= section.Dereference(reference)!), TestFile.Length);
    }
}
