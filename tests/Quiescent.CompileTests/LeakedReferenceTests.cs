namespace Quiescent.CompileTests;

/// <summary>A reference from <c>Dereference</c> lives no longer than the variable that holds its section.</summary>
public class LeakedReferenceTests
{
    [Fact]
    public void A_reference_is_not_returned_from_the_method_that_opened_its_section() => Snippet.Draws(
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
            static Node First()
            {
                using var guard = Rcu.ReadLock();
                ref readonly Node first = ref guard.Dereference(in Shared.Head);
                return first;
            }
            """);

    [Fact]
    public void Nor_is_it_returned_without_a_name() => Snippet.Draws(
        "CS8168",
        illegal: """
            static ref readonly Node First()
            {
                using var guard = Rcu.ReadLock();
                return ref guard.Dereference(in Shared.Head);
            }
            """,
        legal: """
            static Node First()
            {
                using var guard = Rcu.ReadLock();
                return guard.Dereference(in Shared.Head);
            }
            """);

    [Fact]
    public void Nor_is_one_that_came_from_an_untyped_pointer() => Snippet.Draws(
        "CS8157",
        illegal: """
            static ref readonly Node First()
            {
                using var guard = Rcu.ReadLock();
                ref readonly Node first = ref guard.Dereference<Node>(in Shared.UntypedHead);
                return ref first;
            }
            """,
        legal: """
            static Node First()
            {
                using var guard = Rcu.ReadLock();
                ref readonly Node first = ref guard.Dereference<Node>(in Shared.UntypedHead);
                return first;
            }
            """);

    [Fact]
    public void Nor_is_one_that_was_read_through_a_registered_reader() => Snippet.Draws(
        "CS8157",
        illegal: """
            static ref readonly Node First()
            {
                using var reader = Rcu.RegisterReader();
                using var guard = reader.ReadLock();
                ref readonly Node first = ref guard.Dereference(in Shared.Head);
                return ref first;
            }
            """,
        legal: """
            static Node First()
            {
                using var reader = Rcu.RegisterReader();
                using var guard = reader.ReadLock();
                ref readonly Node first = ref guard.Dereference(in Shared.Head);
                return first;
            }
            """);

    [Fact]
    public void Nor_is_a_field_behind_it() => Snippet.Draws(
        "CS8168",
        illegal: """
            static ref readonly int First()
            {
                using var guard = Rcu.ReadLock();
                return ref guard.Dereference(in Shared.Head).Value;
            }
            """,
        legal: """
            static int First()
            {
                using var guard = Rcu.ReadLock();
                return guard.Dereference(in Shared.Head).Value;
            }
            """);

    [Fact]
    public void Nor_is_a_span_over_it() => Snippet.Draws(
        ["CS8168", "CS8347"],
        illegal: """
            static ReadOnlySpan<Node> First()
            {
                using var guard = Rcu.ReadLock();
                return new ReadOnlySpan<Node>(in guard.Dereference(in Shared.Head));
            }
            """,
        legal: """
            static Node[] First()
            {
                using var guard = Rcu.ReadLock();
                return new ReadOnlySpan<Node>(in guard.Dereference(in Shared.Head)).ToArray();
            }
            """);

    [Fact]
    public void A_helper_returns_a_reference_of_its_callers_section_but_not_beyond_it() => Snippet.Draws(
        ["CS8168", "CS8347"],
        illegal: """
            static ref readonly Node First(ref readonly ReadGuard guard) => ref guard.Dereference(in Shared.Head);

            static ref readonly Node Outside()
            {
                using var guard = Rcu.ReadLock();
                return ref First(in guard);
            }
            """,
        legal: """
            static ref readonly Node First(ref readonly ReadGuard guard) => ref guard.Dereference(in Shared.Head);

            static int Inside()
            {
                using var guard = Rcu.ReadLock();
                ref readonly Node first = ref First(in guard);
                return first.Value;
            }
            """);

    [Fact]
    public void A_helper_that_takes_the_guard_by_value_returns_no_reference() => Snippet.Draws(
        "CS8166",
        illegal: "static ref readonly Node First(ReadGuard guard) => ref guard.Dereference(in Shared.Head);",
        legal: "static ref readonly Node First(in ReadGuard guard) => ref guard.Dereference(in Shared.Head);");

    [Fact]
    public void A_reference_is_not_assigned_to_a_variable_that_outlives_the_guard() => Snippet.Draws(
        "CS8374",
        illegal: """
            static int Last()
            {
                ref readonly Node last = ref Shared.Fallback;
                {
                    using var guard = Rcu.ReadLock();
                    last = ref guard.Dereference(in Shared.Head);
                }

                return last.Value;
            }
            """,
        legal: """
            static int Last()
            {
                {
                    using var guard = Rcu.ReadLock();
                    ref readonly Node last = ref guard.Dereference(in Shared.Head);
                    last = ref guard.Dereference(in last.Next);
                    return last.Value;
                }
            }
            """);

    [Fact]
    public void An_inner_sections_reference_is_not_kept_in_the_outer_section() => Snippet.Draws(
        "CS8374",
        illegal: """
            static int Last()
            {
                using var outer = Rcu.ReadLock();
                ref readonly Node last = ref outer.Dereference(in Shared.Head);
                using (var inner = Rcu.ReadLock())
                {
                    last = ref inner.Dereference(in last.Next);
                }

                return last.Value;
            }
            """,
        legal: """
            static int Last()
            {
                using var outer = Rcu.ReadLock();
                ref readonly Node last = ref outer.Dereference(in Shared.Head);
                using (var inner = Rcu.ReadLock())
                {
                    last = ref outer.Dereference(in last.Next);
                }

                return last.Value;
            }
            """);

    [Fact]
    public void A_list_is_walked_with_one_variable_which_stays_inside() => Snippet.Draws(
        "CS8157",
        illegal: """
            static ref readonly Node Find(int value)
            {
                using var guard = Rcu.ReadLock();
                ref readonly Node node = ref guard.Dereference(in Shared.Head);
                while (!Rcu.IsNull(in node) && node.Value != value)
                {
                    node = ref guard.Dereference(in node.Next);
                }

                return ref node;
            }
            """,
        legal: """
            static bool Contains(int value)
            {
                using var guard = Rcu.ReadLock();
                ref readonly Node node = ref guard.Dereference(in Shared.Head);
                while (!Rcu.IsNull(in node) && node.Value != value)
                {
                    node = ref guard.Dereference(in node.Next);
                }

                return !Rcu.IsNull(in node);
            }
            """);

    [Fact]
    public void A_pointer_that_is_a_local_is_read_and_its_target_outlives_it_but_not_the_guard() => Snippet.Draws(
        "CS8157",
        illegal: """
            static ref readonly Node Behind(RcuPointer<Node> pointer)
            {
                using var guard = Rcu.ReadLock();
                ref readonly Node node = ref guard.Dereference(in pointer);
                return ref node;
            }
            """,
        legal: """
            static ref readonly Node Behind(RcuPointer<Node> pointer, ref readonly ReadGuard guard)
            {
                ref readonly Node node = ref guard.Dereference(in pointer);
                return ref node;
            }
            """);

    // A renewal ends no reference. The section of a round does, which is the form that the compiler checks.
    [Fact]
    public void A_reference_is_not_kept_from_round_to_round_where_each_has_a_section() => Snippet.Draws(
        "CS8374",
        illegal: """
            static int Sum(int rounds)
            {
                int sum = 0;
                ref readonly Node last = ref Shared.Fallback;
                for (int i = 0; i < rounds; i++)
                {
                    using var guard = Rcu.ReadLock();
                    sum += last.Value;
                    last = ref guard.Dereference(in Shared.Head);
                }

                return sum;
            }
            """,
        legal: """
            static int Sum(int rounds)
            {
                int sum = 0;
                using var guard = Rcu.ReadLock();
                for (int i = 0; i < rounds; i++)
                {
                    guard.Renew();
                    ref readonly Node last = ref guard.Dereference(in Shared.Head);
                    sum += last.Value;
                }

                return sum;
            }
            """);
}
