namespace Quiescent.CompileTests;

/// <summary>
/// In an unsafe context the language turns its rules for references into warnings. Readers are best written in safe
/// code, or with these warnings made errors; the rules for guards themselves are errors in both.
/// </summary>
public class UnsafeContextTests
{
    [Fact]
    public void Returning_a_reference_is_a_warning() => Snippet.DrawsOnlyAWarningIfUnsafe(
        "CS8157",
        "CS9082",
        """
        static ref readonly Node First()
        {
            using var guard = Rcu.ReadLock();
            ref readonly Node first = ref guard.Dereference(in Shared.Head);
            return ref first;
        }
        """);

    [Fact]
    public void Returning_a_reference_without_a_name_is_a_warning() => Snippet.DrawsOnlyAWarningIfUnsafe(
        "CS8168",
        "CS9091",
        """
        static ref readonly Node First()
        {
            using var guard = Rcu.ReadLock();
            return ref guard.Dereference(in Shared.Head);
        }
        """);

    [Fact]
    public void Keeping_a_reference_in_a_longer_lived_variable_is_a_warning() => Snippet.DrawsOnlyAWarningIfUnsafe(
        "CS8374",
        "CS9085",
        """
        static int Last()
        {
            ref readonly Node last = ref Shared.Fallback;
            using (var guard = Rcu.ReadLock())
            {
                last = ref guard.Dereference(in Shared.Head);
            }

            return last.Value;
        }
        """);

    [Fact]
    public void Holding_a_section_across_a_yield_is_an_error_still() => Snippet.Draws(
        "CS4007",
        illegal: """
            unsafe static IEnumerable<int> Values()
            {
                using var guard = Rcu.ReadLock();
                yield return guard.Dereference(in Shared.Head).Value;
            }
            """,
        legal: """
            unsafe static IEnumerable<int> Values()
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
    public void Capturing_a_guard_is_an_error_still() => Snippet.Draws(
        "CS8175",
        illegal: """
            unsafe static Func<int> Value()
            {
                using var guard = Rcu.ReadLock();
                return () => guard.Dereference(in Shared.Head).Value;
            }
            """,
        legal: """
            unsafe static Func<int> Value() => () =>
            {
                using var guard = Rcu.ReadLock();
                return guard.Dereference(in Shared.Head).Value;
            };
            """);
}
