using Microsoft.CodeAnalysis;
using Quiescent.House.Tests.Sources;

namespace Quiescent.House.Tests.Docstrings;

/// <summary>The docstrings of the public surface are whole.</summary>
public sealed class DocstringTests
{
    [Fact]
    public void The_library_says_what_each_public_method_returns_and_takes() => AssertNone(Library.Quiescent);

    [Fact]
    public void The_test_kit_says_what_each_public_method_returns_and_takes() => AssertNone(Library.Testing);

    [Theory]
    [InlineData("public int M() => 1;", "C.M() has no <returns>")]
    [InlineData("/// <summary>One.</summary>\npublic int M() => 1;", "C.M() has no <returns>")]
    [InlineData("/// <returns></returns>\npublic int M() => 1;", "C.M() has no <returns>")]
    [InlineData("/// <summary/>\npublic void M(int a) { }", "C.M(int) has no <param name=\"a\">")]
    [InlineData(
        "/// <param name=\"a\">One.</param>\npublic void M(int a, int b) { }",
        "C.M(int, int) has no <param name=\"b\">")]
    [InlineData("/// <summary/>\npublic C(int a) { }", "C.C(int) has no <param name=\"a\">")]
    [InlineData("/// <inheritdoc cref=\"N\"/>\npublic int M() => N(); int N() => 1;", "C.M() has no <returns>")]
    [InlineData("/// <inheritdoc/>\npublic int M() => 1;", "C.M() has no <returns>")]
    [InlineData("/// <summary/>\npublic delegate int D();", "D.Invoke() has no <returns>")]
    [InlineData("/// <summary/>\npublic record struct R(int A);", "R.R(int) has no <param name=\"A\">")]
    [InlineData("/// <summary/>\nprotected int M() => 1;", "C.M() has no <returns>")]
    [InlineData("/// <summary/>\npublic static C operator +(C a) => a;", "operator +(C) has no <param name=\"a\">")]
    public void A_gap_in_a_docstring_is_reported(string member, string report) =>
        Assert.Contains(
            Missing($"public class C {{ {member}\n}}"), line => line.Contains(report, StringComparison.Ordinal));

    [Theory]
    [InlineData("/// <returns>One.</returns>\npublic int M() => 1;")]
    [InlineData("/// <param name=\"a\">One.</param>\npublic void M(int a) { }")]
    [InlineData("/// <inheritdoc cref=\"N\"/>\npublic int M() => N();\n/// <returns>One.</returns>\nint N() => 1;")]
    [InlineData("/// <inheritdoc/>\npublic override string ToString() => \"\";")]
    [InlineData("int M(int a) => a; internal int N() => 1; private protected int P() => 1;")]
    [InlineData("class D { public int M() => 1; }")]
    [InlineData("/// <summary/>\n/// <param name=\"A\">One.</param>\npublic record struct R(int A);")]
    public void A_whole_docstring_or_a_hidden_member_is_not(string member) =>
        Assert.Empty(Missing($"public class C {{ {member}\n}}"));

    [Fact]
    public void A_docstring_is_inherited_from_the_interface() => Assert.Empty(Missing(
        """
        interface I
        {
            /// <returns>One.</returns>
            int M();
        }

        public class C : I
        {
            /// <inheritdoc/>
            public int M() => 1;
        }
        """));

    private static IReadOnlyList<string> Missing(string text) =>
        DocstringCheck.Missing(Library.Compile([("C.cs", text)], DocumentationMode.Parse));

    private static void AssertNone(Microsoft.CodeAnalysis.CSharp.CSharpCompilation compilation)
    {
        IReadOnlyList<string> missing = DocstringCheck.Missing(compilation);
        Assert.True(missing.Count == 0, $"{missing.Count} tags are missing.\n{string.Join('\n', missing)}");
    }
}
