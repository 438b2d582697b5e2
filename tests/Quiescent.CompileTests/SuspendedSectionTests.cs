namespace Quiescent.CompileTests;

/// <summary>A section belongs to the thread that opened it, so it does not wait in a state machine.</summary>
public class SuspendedSectionTests
{
    [Fact]
    public void A_section_is_not_held_across_an_await() => Snippet.Draws(
        "CS4007",
        illegal: """
            static async Task Wait()
            {
                using var guard = Rcu.ReadLock();
                await Task.Yield();
            }
            """,
        legal: """
            static async Task Wait()
            {
                using (var guard = Rcu.ReadLock())
                {
                }

                await Task.Yield();
            }
            """);

    [Fact]
    public void A_section_without_a_name_is_not_held_across_an_await() => Snippet.Draws(
        "CS4007",
        illegal: """
            static async Task Wait()
            {
                using (Rcu.ReadLock())
                {
                    await Task.Yield();
                }
            }
            """,
        legal: """
            static async Task Wait()
            {
                using (Rcu.ReadLock())
                {
                }

                await Task.Yield();
            }
            """);

    [Fact]
    public void A_reference_is_not_held_across_an_await() => Snippet.Draws(
        "CS9217",
        illegal: """
            static async Task<int> Value()
            {
                var guard = Rcu.ReadLock();
                ref readonly Node node = ref guard.Dereference(in Shared.Head);
                guard.Dispose();
                await Task.Yield();
                return node.Value;
            }
            """,
        legal: """
            static async Task<int> Value()
            {
                var guard = Rcu.ReadLock();
                ref readonly Node node = ref guard.Dereference(in Shared.Head);
                int value = node.Value;
                guard.Dispose();
                await Task.Yield();
                return value;
            }
            """);

    [Fact]
    public void A_section_and_its_reference_across_an_await_draw_an_error_each() => Snippet.Draws(
        ["CS4007", "CS9217"],
        illegal: """
            static async Task<int> Value()
            {
                using var guard = Rcu.ReadLock();
                ref readonly Node node = ref guard.Dereference(in Shared.Head);
                await Task.Yield();
                return node.Value;
            }
            """,
        legal: """
            static async Task<int> Value()
            {
                await Task.Yield();
                using var guard = Rcu.ReadLock();
                ref readonly Node node = ref guard.Dereference(in Shared.Head);
                return node.Value;
            }
            """);

    [Fact]
    public void A_section_is_not_held_across_a_yield() => Snippet.Draws(
        "CS4007",
        illegal: """
            static IEnumerable<int> Values()
            {
                using var guard = Rcu.ReadLock();
                yield return guard.Dereference(in Shared.Head).Value;
            }
            """,
        legal: """
            static IEnumerable<int> Values()
            {
                int value;
                using (var guard = Rcu.ReadLock())
                {
                    value = guard.Dereference(in Shared.Head).Value;
                }

                yield return value;
            }
            """);

    [Fact]
    public void A_reference_is_not_held_across_a_yield() => Snippet.Draws(
        "CS9217",
        illegal: """
            static IEnumerable<int> Values()
            {
                var guard = Rcu.ReadLock();
                ref readonly Node node = ref guard.Dereference(in Shared.Head);
                guard.Dispose();
                yield return 1;
                yield return node.Value;
            }
            """,
        legal: """
            static IEnumerable<int> Values()
            {
                var guard = Rcu.ReadLock();
                ref readonly Node node = ref guard.Dereference(in Shared.Head);
                int value = node.Value;
                guard.Dispose();
                yield return 1;
                yield return value;
            }
            """);

    [Fact]
    public void A_registered_reader_is_not_held_across_an_await() => Snippet.Draws(
        "CS4007",
        illegal: """
            static async Task Wait()
            {
                using var reader = Rcu.RegisterReader();
                await Task.Yield();
            }
            """,
        legal: """
            static async Task Wait()
            {
                using (var reader = Rcu.RegisterReader())
                {
                }

                await Task.Yield();
            }
            """);
}
