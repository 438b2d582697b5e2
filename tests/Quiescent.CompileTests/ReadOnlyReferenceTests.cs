namespace Quiescent.CompileTests;

/// <summary>Readers only read: published data changes only by copy and update, and holds no managed
/// reference.</summary>
public class ReadOnlyReferenceTests
{
    [Fact]
    public void A_reader_does_not_write_through_its_reference() => Snippet.Draws(
        "CS8332",
        illegal: """
            static void Write()
            {
                using var guard = Rcu.ReadLock();
                guard.Dereference(in Shared.Head).Value = 1;
            }
            """,
        legal: """
            static void Write()
            {
                using var guard = Rcu.ReadLock();
                Node copy = guard.Dereference(in Shared.Head);
                copy.Value = 1;
            }
            """);

    [Fact]
    public void A_reader_does_not_make_its_reference_writable() => Snippet.Draws(
        "CS8329",
        illegal: """
            static void Write()
            {
                using var guard = Rcu.ReadLock();
                ref Node node = ref guard.Dereference(in Shared.Head);
            }
            """,
        legal: """
            static void Read()
            {
                using var guard = Rcu.ReadLock();
                ref readonly Node node = ref guard.Dereference(in Shared.Head);
            }
            """);

    [Fact]
    public void A_reader_does_not_publish_through_its_reference() => Snippet.Draws(
        "CS8330",
        illegal: """
            static void Publish(ref RcuPointer<Node> pointer) { }

            static void Write()
            {
                using var guard = Rcu.ReadLock();
                Publish(ref guard.Dereference(in Shared.Head).Next);
            }
            """,
        legal: """
            static void Look(ref readonly RcuPointer<Node> pointer) { }

            static void Read()
            {
                using var guard = Rcu.ReadLock();
                Look(in guard.Dereference(in Shared.Head).Next);
            }
            """);

    [Fact]
    public void A_published_type_holds_no_managed_reference() => Snippet.Draws(
        "CS8377",
        illegal: """
            struct Route { public string Name; }
            static RcuPointer<Route> Routes;
            """,
        legal: """
            struct Route { public int Name; }
            static RcuPointer<Route> Routes;
            """);
}
