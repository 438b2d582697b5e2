using Quiescent.House.Tests.Sources;

namespace Quiescent.House.Tests.Weight;

/// <summary>The library leaves heavy things to its users. <c>bench/Size/check</c> measures what they weigh.</summary>
public sealed class WeightTests
{
    [Fact]
    public void The_library_has_no_heavy_use() => Assert.Empty(WeightCheck.HeavyUses(Library.Quiescent));

    [Theory]
    [InlineData("int[] M(int[] a) => a[1..];", "a range over an array")]
    [InlineData("int M(int[] a) => a.First();", "First<int>()")]
    [InlineData("bool M(IEnumerable<int> a) => a.Any(static x => x > 1);", "Any<int>(Func<int, bool>)")]
    [InlineData("bool M(DayOfWeek a) => Enum.IsDefined(a);", "Enum.IsDefined")]
    [InlineData("string M(DayOfWeek a) => a.ToString();", "Enum.ToString")]
    public void A_heavy_use_is_reported(string member, string what) =>
        Assert.Contains(HeavyUses(member), use => use.StartsWith("C.cs(1): ", StringComparison.Ordinal)
            && use.EndsWith(what, StringComparison.Ordinal));

    [Theory]
    [InlineData("ReadOnlySpan<int> M(ReadOnlySpan<int> a) => a[1..];")]
    [InlineData("string M(string a) => a[1..];")]
    [InlineData("int M(int[] a) => a[^1];")]
    [InlineData("bool M(List<int> a) => a.Exists(static x => x > 1);")]
    public void What_weighs_little_is_not(string member) => Assert.Empty(HeavyUses(member));

    private static IReadOnlyList<string> HeavyUses(string member) =>
        WeightCheck.HeavyUses(Library.Compile([("C.cs", $"class C {{ {member} }}")]));
}
