namespace Quiescent.CompileTests;

/// <summary>Guards and readers stay on the stack of the thread whose slot they name.</summary>
public class EscapedGuardTests
{
    [Fact]
    public void A_guard_is_not_captured_by_a_lambda() => Snippet.Draws(
        "CS8175",
        illegal: """
            static Func<int> Value()
            {
                using var guard = Rcu.ReadLock();
                return () => guard.Dereference(in Shared.Head).Value;
            }
            """,
        legal: """
            static Func<int> Value() => () =>
            {
                using var guard = Rcu.ReadLock();
                return guard.Dereference(in Shared.Head).Value;
            };
            """);

    [Fact]
    public void A_reference_is_not_captured_by_a_lambda() => Snippet.Draws(
        "CS8175",
        illegal: """
            static Func<int> Value()
            {
                using var guard = Rcu.ReadLock();
                ref readonly Node node = ref guard.Dereference(in Shared.Head);
                return () => node.Value;
            }
            """,
        legal: """
            static Func<int> Value()
            {
                using var guard = Rcu.ReadLock();
                ref readonly Node node = ref guard.Dereference(in Shared.Head);
                int value = node.Value;
                return () => value;
            }
            """);

    [Fact]
    public void A_reader_is_not_captured_by_a_lambda() => Snippet.Draws(
        "CS8175",
        illegal: """
            static Action Section()
            {
                using var reader = Rcu.RegisterReader();
                return () => reader.ReadLock().Dispose();
            }
            """,
        legal: """
            static Action Section() => () =>
            {
                using var reader = Rcu.RegisterReader();
                reader.ReadLock().Dispose();
            };
            """);

    [Fact]
    public void A_guard_is_not_stored_in_an_object() => Snippet.Draws(
        "CS8345",
        illegal: "class Holder { public ReadGuard Guard; }",
        legal: "ref struct Holder { public ReadGuard Guard; }");

    [Fact]
    public void A_guard_is_not_stored_in_a_static() => Snippet.Draws(
        "CS8345",
        illegal: "static ReadGuard Guard;",
        legal: "static GracePeriodState State;");

    [Fact]
    public void A_reader_is_not_stored_in_an_object() => Snippet.Draws(
        "CS8345",
        illegal: "class Holder { public RcuReader Reader; }",
        legal: "ref struct Holder { public RcuReader Reader; }");

    [Fact]
    public void A_reader_is_not_stored_in_a_thread_static() => Snippet.Draws(
        "CS8345",
        illegal: "[ThreadStatic] static RcuReader Reader;",
        legal: "[ThreadStatic] static RcuDomain Domain;");

    [Fact]
    public void A_guard_is_not_boxed() => Snippet.Draws(
        "CS0029",
        illegal: "static object Box() => Rcu.ReadLock();",
        legal: "static object Box() => Rcu.GetState();");

    [Fact]
    public void A_guard_is_not_boxed_for_an_interface() => Snippet.Draws(
        "CS0029",
        illegal: "static IDisposable Box() => Rcu.ReadLock();",
        legal: "static IEquatable<GracePeriodState> Box() => Rcu.GetState();");

    [Fact]
    public void A_reader_is_not_boxed() => Snippet.Draws(
        "CS0029",
        illegal: "static object Box() => Rcu.RegisterReader();",
        legal: "static object Box() => Rcu.DefaultDomain;");

    [Fact]
    public void Guards_are_not_collected_in_a_list() => Snippet.Draws(
        "CS9244",
        illegal: "static void Collect() => new List<ReadGuard>();",
        legal: "static void Collect() => new List<GracePeriodState>();");

    [Fact]
    public void Guards_are_not_collected_in_an_array() => Snippet.Draws(
        "CS0611",
        illegal: "static object Collect() => new ReadGuard[2];",
        legal: "static object Collect() => new GracePeriodState[2];");

    [Fact]
    public void A_guard_that_is_to_be_disposed_is_not_overwritten() => Snippet.Draws(
        "CS1656",
        illegal: """
            static void Twice()
            {
                using var guard = Rcu.ReadLock();
                guard = Rcu.ReadLock();
            }
            """,
        legal: """
            static void Twice()
            {
                using var guard = Rcu.ReadLock();
                using var inner = Rcu.ReadLock();
            }
            """);
}
