namespace Quiescent.CompileTests;

/// <summary>A section of an <c>OnlineReader</c> has nothing to test at run time, so the compiler's rules carry
/// more.</summary>
public class OnlineSectionTests
{
    [Fact]
    public void A_reference_is_not_returned_from_the_method_that_opened_its_section() => Snippet.Draws(
        "CS8157",
        illegal: """
            static ref readonly Node First(OnlineReader reader)
            {
                using var guard = reader.ReadLock();
                ref readonly Node first = ref guard.Dereference(in Shared.Head);
                return ref first;
            }
            """,
        legal: """
            static Node First(OnlineReader reader)
            {
                using var guard = reader.ReadLock();
                ref readonly Node first = ref guard.Dereference(in Shared.Head);
                return first;
            }
            """);

    [Fact]
    public void Nor_is_one_that_came_from_an_untyped_pointer() => Snippet.Draws(
        "CS8157",
        illegal: """
            static ref readonly Node First(OnlineReader reader)
            {
                using var guard = reader.ReadLock();
                ref readonly Node first = ref guard.Dereference<Node>(in Shared.UntypedHead);
                return ref first;
            }
            """,
        legal: """
            static Node First(OnlineReader reader)
            {
                using var guard = reader.ReadLock();
                ref readonly Node first = ref guard.Dereference<Node>(in Shared.UntypedHead);
                return first;
            }
            """);

    // The shape that the guide recommends: the quiescent state lies behind the block, and no reference comes so far.
    [Fact]
    public void A_reference_is_not_carried_out_of_its_section_s_block_over_a_quiescent_state() => Snippet.Draws(
        "CS8374",
        illegal: """
            static int Last(OnlineReader reader)
            {
                ref readonly Node last = ref Shared.Fallback;
                using (var guard = reader.ReadLock())
                {
                    last = ref guard.Dereference(in Shared.Head);
                }

                reader.QuiescentState();
                return last.Value;
            }
            """,
        legal: """
            static int Last(OnlineReader reader)
            {
                int last;
                using (var guard = reader.ReadLock())
                {
                    last = guard.Dereference(in Shared.Head).Value;
                }

                reader.QuiescentState();
                return last;
            }
            """);

    [Fact]
    public void A_span_of_a_resource_is_held_to_the_same() => Snippet.Draws(
        "CS8352",
        illegal: """
            static ReadOnlySpan<byte> Content(OnlineReader reader, RcuMemoryMappedFile file)
            {
                using var guard = reader.ReadLock();
                ReadOnlySpan<byte> content = guard.Dereference(file);
                return content;
            }
            """,
        legal: """
            static int Length(OnlineReader reader, RcuMemoryMappedFile file, RcuMemoryManager<int> memory)
            {
                using var guard = reader.ReadLock();
                return guard.Dereference(file).Length + guard.Dereference(file, 0, 4).Length
                    + guard.Dereference(memory).Length;
            }
            """);

    // A copy needs no section.
    [Fact]
    public void What_TryRead_copies_leaves_the_section_and_a_reference_does_not() => Snippet.Draws(
        "CS8157",
        illegal: """
            static ref readonly Node First()
            {
                using var guard = Rcu.ReadLock();
                ref readonly Node first = ref guard.Dereference(in Shared.Head);
                return ref first;
            }
            """,
        legal: """
            static Node First(OnlineReader online, RcuReader reader, SrcuReadLock section)
            {
                using var guard = Rcu.ReadLock();
                return guard.TryRead(in Shared.Head, out Node node) || section.TryRead(in Shared.Head, out node)
                    || online.TryRead(in Shared.Head, out node) || reader.TryRead(in Shared.Head, out node)
                    ? node
                    : default;
            }

            static async Task<int> Later(SrcuDomain domain)
            {
                await using SrcuReadLock section = domain.ReadLock();
                section.TryRead(in Shared.Head, out Node node);
                await Task.Yield();
                return node.Value;
            }
            """);

    // Its sections cannot tell that the thread went offline. So it cannot.
    [Fact]
    public void An_online_reader_has_no_way_to_go_offline_while_it_is_open() => Snippet.Draws(
        "CS1061",
        illegal: """
            static void Rest()
            {
                using var reader = Rcu.RegisterOnlineReader();
                reader.GoOffline();
            }
            """,
        legal: """
            static void Rest()
            {
                using (var reader = Rcu.RegisterOnlineReader())
                {
                    reader.QuiescentState();
                }
            }
            """);

    [Fact]
    public void An_online_reader_is_not_held_across_an_await() => Snippet.Draws(
        "CS4007",
        illegal: """
            static async Task Wait()
            {
                using var reader = Rcu.RegisterOnlineReader();
                await Task.Yield();
            }
            """,
        legal: """
            static async Task Wait()
            {
                using (var reader = Rcu.RegisterOnlineReader())
                {
                }

                await Task.Yield();
            }
            """);

    [Fact]
    public void Its_section_is_not_held_across_a_yield() => Snippet.Draws(
        "CS4007",
        illegal: """
            static IEnumerable<int> Values()
            {
                using var guard = Rcu.RegisterOnlineReader().ReadLock();
                yield return guard.Dereference(in Shared.Head).Value;
            }
            """,
        legal: """
            static IEnumerable<int> Values()
            {
                int value;
                using (var reader = Rcu.RegisterOnlineReader())
                using (var guard = reader.ReadLock())
                {
                    value = guard.Dereference(in Shared.Head).Value;
                }

                yield return value;
            }
            """);

    [Fact]
    public void Neither_is_captured_stored_or_boxed() => Snippet.Draws(
        ["CS0029", "CS0029", "CS8175", "CS8345", "CS8345"],
        illegal: """
            class Holder { public OnlineReader Reader; public OnlineReadGuard Guard; }

            static object Box(OnlineReader reader) => reader;

            static object Box(OnlineReadGuard guard) => guard;

            static Action Section()
            {
                using var reader = Rcu.RegisterOnlineReader();
                return () => reader.ReadLock().Dispose();
            }
            """,
        legal: """
            ref struct Holder { public OnlineReader Reader; public OnlineReadGuard Guard; }

            static Action Section() => () =>
            {
                using var reader = Rcu.RegisterOnlineReader();
                reader.ReadLock().Dispose();
            };
            """);

    // Fault caught: a section that outlives its reader protects nothing, and has no state to notice it by.
    [Fact]
    public void A_section_does_not_outlive_its_reader_s_variable() => Snippet.Draws(
        "CS8352",
        illegal: """
            static OnlineReadGuard Open()
            {
                var reader = Rcu.RegisterOnlineReader();
                var guard = reader.ReadLock();
                return guard;
            }
            """,
        legal: """
            static OnlineReadGuard Open(in OnlineReader reader) => reader.ReadLock();

            static int First()
            {
                using var reader = Rcu.RegisterOnlineReader();
                using var guard = Open(in reader);
                return guard.Dereference(in Shared.Head).Value;
            }
            """);
}
