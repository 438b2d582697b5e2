using System.Reflection;

namespace Quiescent.CompileTests;

/// <summary>Compiles programs against the public surface: each member with the types that programs rely on.</summary>
public class ContractTests
{
    private const string Uses = """
        public struct Mine : INativeDeallocator
        {
            public static unsafe void Free(void* block) { }
        }

        public static class AsyncUses
        {
            static async Task Await(RcuDomain domain, System.Threading.CancellationToken token)
            {
                ValueTask synchronized = @.SynchronizeAsync();
                await synchronized;
                await @.SynchronizeAsync(token);
                ValueTask all = @.BarrierAsync();
                await all;
                await @.BarrierAsync(cancellationToken: token);
            }
        }

        public static unsafe class Uses
        {
            static void OnHead(RcuHead* head) { }

            static void Wait(RcuDomain domain)
            {
                @.Synchronize();
                GracePeriodState state = @.GetState();
                state = @.StartPoll();
                bool passed = @.Poll(state) && @.Poll(GracePeriodState.Completed) && @.Poll(default);
                @.CondSynchronize(state);
                IEquatable<GracePeriodState> equatable = state;
                @.Barrier();
                @.BarrierCallbacks();
                RcuStatistics statistics = @.GetStatistics();
                long started = statistics.GracePeriodsStarted, completed = statistics.GracePeriodsCompleted;
                GracePeriodDurations durations = statistics.GracePeriods;
                _ = (durations.Min, durations.Mean, durations.P50, durations.P99, durations.Max);
                long blocks = statistics.BlocksQueued - statistics.BlocksFreed - statistics.BlocksWaiting;
                long callbacks = statistics.CallbacksQueued - statistics.CallbacksInvoked - statistics.CallbacksWaiting;
                long failed = statistics.CallbacksFailed, pages = statistics.PagesInUse;
                int slots = statistics.ReaderSlots, used = statistics.ReaderSlotsInUse;
                long stalls = statistics.Stalls, abandoned = statistics.ReadersAbandoned;
            }

            static int Read(RcuDomain domain)
            {
                bool held = @.IsReadLockHeld;
                using ReadGuard guard = @.ReadLock();
                ref readonly Node node = ref guard.Dereference(in Shared.Head);
                ref readonly Node untyped = ref guard.Dereference<Node>(in Shared.UntypedHead);
                Node* raw = guard.DereferencePointer(in Shared.Head);
                void* rawUntyped = guard.DereferencePointer(in Shared.UntypedHead);
                return @.IsNull(in node) || @.IsNull(in untyped) ? 0 : node.Value;
            }

            static void ReadByHandle(RcuDomain domain)
            {
                using RcuReader reader = @.RegisterReader();
                using (ReadGuard guard = reader.ReadLock()) { }
                reader.GoOnline();
                reader.QuiescentState();
                reader.GoOffline();
                IDisposable never = null;
            }

            static void Publish(Node* node, void* any)
            {
                RcuPointer<Node> pointer = default;
                pointer.Assign(node);
                Node* old = pointer.Exchange(node);
                bool swapped = pointer.CompareExchange(node, old) && pointer.IsNull;
                old = pointer.LoadProtected();
                RcuPointer untyped = default;
                untyped.Assign(any);
                void* before = untyped.Exchange(any);
                swapped = untyped.CompareExchange(any, before) && untyped.IsNull;
                before = untyped.LoadProtected();
                if (sizeof(RcuPointer<Node>) != 8 || sizeof(RcuPointer) != 8 || sizeof(RcuHead) != 16) { }
            }

            static void Queue(RcuDomain domain, void* block, RcuHead* head, IDisposable resource, byte[] array)
            {
                @.Call(head, &OnHead);
                @.Call(() => { });
                @.Call(1, static state => { });
                @.Free(block, head);
                @.Free(block);
                @.FreeBulk(new nint[] { 0 });
                ReadOnlySpan<nint> blocks = stackalloc nint[1];
                @.FreeBulk(blocks);
                @.Free<NativeHeap>(block);
                @.Free<AlignedNativeHeap>(block);
                @.Free<Mine>(block);
                @.Free<Mine>(block, head);
                @.Dispose(resource);
                @.Return(System.Buffers.ArrayPool<byte>.Shared, array);
                @.Return(System.Buffers.ArrayPool<byte>.Shared, array, clearArray: true);
            }

            static void Make()
            {
                RcuDomain byDefault = Rcu.DefaultDomain;
                RcuDomainOptions options = new()
                {
                    Name = "mine",
                    ReadSideBarrier = ReadSideBarrier.Full,
                    ReclaimDelay = TimeSpan.FromMilliseconds(1),
                    StallTimeout = TimeSpan.FromSeconds(21),
                    BacklogLimit = 1_000_000L,
                    BacklogPolicy = BacklogPolicy.Throttle,
                    CallbackBatchLimit = 256,
                    Validate = false,
                };
                options = options with { BacklogPolicy = BacklogPolicy.Block };
                BacklogPolicy[] policies = [BacklogPolicy.Throw, BacklogPolicy.None];
                ReadSideBarrier barrier = ReadSideBarrier.Asymmetric;
                using RcuDomain domain = new(), other = new(options);
                domain.Stalled += (object? sender, StallEventArgs e) => { };
                domain.CallbackFailed += (object? sender, CallbackFailedEventArgs e) => { };
                domain.ReaderAbandoned += (object? sender, ReaderAbandonedEventArgs e) => { };
                Exception thrown = new RcuBacklogException();
            }
        }
        """;

    [Theory]
    [InlineData("Rcu")]
    [InlineData("domain")]
    public void Every_member_compiles_under_its_documented_name(string receiver) =>
        Assert.NotEmpty(Snippet.Image(Uses.Replace("@", receiver, StringComparison.Ordinal)));

    [Fact]
    public void Every_static_member_of_Rcu_is_an_instance_member_of_a_domain()
    {
        string[] ofDomain = [.. Signatures(typeof(RcuDomain), BindingFlags.Instance)];
        string[] ofRcu = [.. Signatures(typeof(Rcu), BindingFlags.Static)
            .Where(signature => !signature.Contains("get_DefaultDomain", StringComparison.Ordinal))];
        Assert.NotEmpty(ofRcu);
        Assert.Empty(ofRcu.Except(ofDomain));
    }

    [Fact]
    public void The_defaults_are_as_documented()
    {
        RcuDomainOptions options = new();
        Assert.Equal(ReadSideBarrier.Asymmetric, options.ReadSideBarrier);
        Assert.Equal(TimeSpan.FromMilliseconds(1), options.ReclaimDelay);
        Assert.Equal(TimeSpan.FromSeconds(21), options.StallTimeout);
        Assert.Equal((1_000_000, 256), (options.BacklogLimit, options.CallbackBatchLimit));
        Assert.Equal(BacklogPolicy.Throttle, options.BacklogPolicy);
        Assert.False(options.Validate);
    }

    private static IEnumerable<string> Signatures(Type type, BindingFlags kind) =>
        type.GetMethods(kind | BindingFlags.Public).Where(method => method.DeclaringType != typeof(object))
            .Select(method => $"{method}");
}
