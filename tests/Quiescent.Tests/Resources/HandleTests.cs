using Quiescent.Tests.Resources.Support;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Resources;

// A handle under RCU is still a SafeHandle: counted references to it, and what the class library does with it, hold as
// before.
public sealed class HandleTests
{
    [Theory]
    [MemberData(nameof(Kinds.Domains), MemberType = typeof(Kinds))]
    public void A_handle_that_is_not_owned_is_not_released(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        Releases releases = new();
        NumberHandle handle = new(42, releases, domain, ownsHandle: false);
        handle.Dispose();
        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, releases.Count);
        Assert.True(handle.IsClosed);
    }

    [Theory]
    [MemberData(nameof(Kinds.Domains), MemberType = typeof(Kinds))]
    public void Nor_is_an_invalid_one(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        Releases releases = new();
        NumberHandle handle = new(0, releases, domain);
        handle.Dispose();
        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, releases.Count);
    }

    // Marshalling counts references: a call into native code that lasts longer than the grace period keeps the handle.
    [Theory]
    [MemberData(nameof(Kinds.Domains), MemberType = typeof(Kinds))]
    public void References_counted_before_the_close_keep_the_handle_beyond_the_grace_period(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        Releases releases = new();
        NumberHandle handle = new(42, releases, domain);
        bool isCounted = false;
        handle.DangerousAddRef(ref isCounted);
        Assert.True(isCounted);
        handle.Dispose();
        steps.Advance();
        Assert.Equal(0, releases.Count);
        handle.DangerousRelease();
        steps.Advance();
        Assert.Equal(1, releases.Count);
    }

    [Theory]
    [MemberData(nameof(Kinds.Domains), MemberType = typeof(Kinds))]
    public void Once_released_no_reference_can_be_counted(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        NumberHandle handle = new(42, new Releases(), domain);
        handle.Dispose();
        steps.Advance();
        bool isCounted = false;
        Assert.Throws<ObjectDisposedException>(() => handle.DangerousAddRef(ref isCounted));
        Assert.True(handle.IsClosed);
    }

    // A thread that counts references while the handle is closed keeps it or is refused, and it is released once.
    [Fact]
    public void References_counted_while_it_is_closed_keep_it_or_are_refused()
    {
        using RcuDomain domain = new();
        for (int i = 0; i < 200; i++)
        {
            Releases releases = new();
            NumberHandle handle = new(42, releases, domain);
            using Barrier start = new(2);
            Worker counter = Worker.Start(() =>
            {
                start.SignalAndWait(Until.Bound);
                for (int k = 0; k < 50; k++)
                {
                    bool isCounted = false;
                    try
                    {
                        handle.DangerousAddRef(ref isCounted);
                    }
                    catch (ObjectDisposedException)
                    {
                        return;
                    }

                    Assert.True(releases.Count == 0, "A handle with a counted reference was released.");
                    handle.DangerousRelease();
                }
            });
            start.SignalAndWait(TestContext.Current.CancellationToken);
            handle.Dispose();
            domain.Barrier();
            counter.Join();
            Until.True(() => releases.Count != 0);
            domain.Barrier();
            Assert.Equal(1, releases.Count);
        }
    }

    [Fact]
    public void A_handle_that_was_given_away_is_not_released()
    {
        using RcuDomain domain = new();
        Releases releases = new();
        NumberHandle handle = new(42, releases, domain);
        handle.SetHandleAsInvalid();
        handle.Dispose();
        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, releases.Count);
    }

    [Fact]
    public void It_names_its_domain()
    {
        using SrcuDomain domain = new();
        using NumberHandle own = new(42, new Releases(), domain);
        using NumberHandle common = new(42, new Releases(), domain: null);
        Assert.Same(domain, own.Domain);
        Assert.Same(Rcu.DefaultDomain, common.Domain);
    }

    // A real handle, of the operating system, which gives a number out again at once. A reader that reads another file
    // through its number has used a closed one.
    [Fact]
    public void A_file_s_number_is_not_given_out_again_under_a_reader()
    {
        using RcuDomain domain = new();
        string[] paths = [Mapping.NewFile(1), Mapping.NewFile(2)];
        OpenedFile[] current = [new(paths[0], 1, domain)];
        bool isDone = false;
        Worker[] readers = Worker.StartMany(2, _ =>
        {
            Span<byte> into = stackalloc byte[64];
            while (!Volatile.Read(ref isDone))
            {
                using ReadGuard guard = domain.ReadLock();
                OpenedFile file = Volatile.Read(ref current[0]);
                nint number;
                try
                {
                    number = guard.Dereference(file);
                }
                catch (ObjectDisposedException)
                {
                    continue;
                }

                using Microsoft.Win32.SafeHandles.SafeFileHandle borrowed = new(number, ownsHandle: false);
                Assert.Equal(into.Length, RandomAccess.Read(borrowed, into, 0));
                Assert.True(!into.ContainsAnyExcept(file.Stamp), "The number stands for another file.");
            }
        });
        for (int i = 0; i < 3_000; i++)
        {
            byte stamp = (byte)(1 + ((i + 1) & 1));
            OpenedFile old = Interlocked.Exchange(ref current[0], new OpenedFile(paths[stamp - 1], stamp, domain));
            old.Dispose();
        }

        Volatile.Write(ref isDone, true);
        Worker.JoinAll(readers);
        current[0].Dispose();
        RcuAssert.BooksBalance(domain);
    }

    private sealed class OpenedFile : RcuSafeHandle
    {
        public OpenedFile(string path, byte stamp, GracePeriodDomain domain)
            : base(-1, ownsHandle: true, domain)
        {
            Stamp = stamp;
            using Microsoft.Win32.SafeHandles.SafeFileHandle opened = File.OpenHandle(path);
            SetHandle(opened.DangerousGetHandle());
            opened.SetHandleAsInvalid();
        }

        public byte Stamp { get; }

        public override bool IsInvalid => handle == -1;

        protected override bool ReleaseHandle()
        {
            new Microsoft.Win32.SafeHandles.SafeFileHandle(handle, ownsHandle: true).Dispose();
            return true;
        }
    }
}
