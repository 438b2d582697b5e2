namespace Quiescent.CompileTests;

/// <summary>A sleepable section may wait in a state machine, and may be stored; a reference that was read in it may
/// not.</summary>
public class SleepableSectionTests
{
    [Fact]
    public void A_lock_is_held_across_an_await_but_not_a_reference() => Snippet.Draws(
        "CS9217",
        illegal: """
            static async Task<int> Value(SrcuDomain domain)
            {
                using SrcuReadLock section = domain.ReadLock();
                ref readonly Node node = ref section.Dereference(in Shared.Head);
                await Task.Yield();
                return node.Value;
            }
            """,
        legal: """
            static async Task<int> Value(SrcuDomain domain)
            {
                using SrcuReadLock section = domain.ReadLock();
                await Task.Yield();
                ref readonly Node node = ref section.Dereference(in Shared.Head);
                return node.Value;
            }
            """);

    [Fact]
    public void Nor_does_a_reference_cross_a_yield() => Snippet.Draws(
        "CS9217",
        illegal: """
            static IEnumerable<int> Values(SrcuDomain domain)
            {
                using SrcuReadLock section = domain.ReadLock();
                ref readonly Node node = ref section.Dereference(in Shared.Head);
                yield return 1;
                yield return node.Value;
            }
            """,
        legal: """
            static IEnumerable<int> Values(SrcuDomain domain)
            {
                using SrcuReadLock section = domain.ReadLock();
                yield return 1;
                yield return section.Dereference(in Shared.Head).Value;
            }
            """);

    [Fact]
    public void A_lock_is_released_by_await_using_too() => Snippet.Draws(
        "CS9217",
        illegal: """
            static async Task<int> Value(SrcuDomain domain)
            {
                await using SrcuReadLock section = domain.ReadLock();
                ref readonly Node node = ref section.Dereference<Node>(in Shared.UntypedHead);
                await Task.Yield();
                return node.Value;
            }
            """,
        legal: """
            static async Task<int> Value(SrcuDomain domain)
            {
                await using SrcuReadLock section = domain.ReadLock();
                await Task.Yield();
                return section.Dereference<Node>(in Shared.UntypedHead).Value;
            }
            """);

    [Fact]
    public void A_reference_is_not_returned_from_the_method_that_holds_the_lock() => Snippet.Draws(
        "CS8157",
        illegal: """
            static ref readonly Node First(SrcuDomain domain)
            {
                using SrcuReadLock section = domain.ReadLock();
                ref readonly Node first = ref section.Dereference(in Shared.Head);
                return ref first;
            }
            """,
        legal: """
            static Node First(SrcuDomain domain)
            {
                using SrcuReadLock section = domain.ReadLock();
                ref readonly Node first = ref section.Dereference(in Shared.Head);
                return first;
            }
            """);

    [Fact]
    public void Nor_does_it_outlive_the_lock_s_variable() => Snippet.Draws(
        "CS8374",
        illegal: """
            static int First(SrcuDomain domain)
            {
                ref readonly Node first = ref Shared.Fallback;
                using (SrcuReadLock section = domain.ReadLock())
                {
                    first = ref section.Dereference(in Shared.Head);
                }

                return first.Value;
            }
            """,
        legal: """
            static int First(SrcuDomain domain)
            {
                ref readonly Node first = ref Shared.Fallback;
                using SrcuReadLock section = domain.ReadLock();
                ref readonly Node second = ref section.Dereference(in Shared.Head);
                first = ref Shared.Fallback;
                return first.Value + second.Value;
            }
            """);
}
