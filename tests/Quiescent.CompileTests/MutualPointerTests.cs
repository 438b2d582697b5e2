using System.Reflection;
using System.Runtime.Loader;

namespace Quiescent.CompileTests;

/// <summary>
/// The runtime cannot load structs that reach each other through <see cref="RcuPointer{T}"/> of one another
/// (dotnet/runtime#6924), though they compile. Such nodes use the untyped <see cref="RcuPointer"/>.
/// </summary>
/// <remarks>When the first two tests fail, the runtime has been mended, and the documentation can say so.</remarks>
public class MutualPointerTests
{
    [Fact]
    public void Two_structs_with_typed_pointers_to_one_another_compile_but_do_not_load() => DoesNotLoad(
        "Leaf",
        """
        public struct Leaf { public RcuPointer<Branch> Parent; }
        public struct Branch { public RcuPointer<Leaf> Child; }
        """);

    [Fact]
    public void An_inline_array_of_typed_pointers_to_the_struct_around_it_compiles_but_does_not_load() => DoesNotLoad(
        "Tower",
        """
        [InlineArray(4)] public struct Links { private RcuPointer<Tower> first; }
        public struct Tower { public Links Next; }
        """);

    [Fact]
    public void A_struct_with_a_typed_pointer_to_itself_loads() => Assert.Equal(8, LoadedSize(
        "Self",
        "public struct Self { public RcuPointer<Self> Next; }"));

    [Fact]
    public void Two_structs_load_when_one_of_the_pointers_is_untyped() => Assert.Equal(8, LoadedSize(
        "Leaf",
        """
        public struct Leaf { public RcuPointer<Branch> Parent; }
        public struct Branch { public RcuPointer Child; }
        """));

    [Fact]
    public void An_inline_array_of_untyped_pointers_loads() => Assert.Equal(32, LoadedSize(
        "Tower",
        """
        [InlineArray(4)] public struct Links { private RcuPointer first; }
        public struct Tower { public Links Next; }
        """));

    private static void DoesNotLoad(string type, string types)
    {
        var thrown = Assert.Throws<TargetInvocationException>(() => LoadedSize(type, types));
        var inner = Assert.IsType<TypeLoadException>(thrown.InnerException);
        Assert.Contains($"'{type}'", inner.Message, StringComparison.Ordinal);
    }

    private static int LoadedSize(string type, string types)
    {
        var probeSource = $"public static class Probe {{ public static unsafe int Size() => sizeof({type}); }}";
        var image = Snippet.Image(types + probeSource);
        var context = new AssemblyLoadContext(name: null, isCollectible: true);
        try
        {
            using var stream = new MemoryStream(image);
            var probe = context.LoadFromStream(stream).GetType("Probe", throwOnError: true)!;
            return (int)probe.GetMethod("Size")!.Invoke(obj: null, parameters: null)!;
        }
        finally
        {
            context.Unload();
        }
    }
}
