using System.Globalization;
using System.Text;
using Quiescent.Claims;
using Quiescent.Claims.Subject;

namespace Quiescent.Tool.Tests.Claims;

public sealed class CodeSizeTests
{
    private const string Prefix = "Quiescent_Claims_Subject_Quiescent_Claims_Subject_";

    [Fact]
    public void Sizes_of_methods_compiled_ahead_of_time_are_read_from_the_symbols()
    {
        CodeSizes sizes = CodeSizes.OfMachineCode("NativeAOT", CodeSizes.Parse(Listing()));
        Assert.Equal([0x48, 16 * 0x48, 256 * 0x48], sizes.Callbacks);
        Assert.Equal((0x85 - 0x1d) / 4.0, sizes.CallSite);
        Assert.Equal((0x71 - 0x19) / 4.0, sizes.FreeSite);
        Assert.Equal(0x82, sizes.ReclaimPath);
        Assert.Equal((256 * (0x48 + 26.0), 256 * 22.0), (sizes.WithFunctions, sizes.WithOffsets));
    }

    [Fact]
    public void A_method_without_a_symbol_has_no_size_rather_than_zero() =>
        Assert.Throws<InvalidOperationException>(() => CodeSizes.OfMachineCode("NativeAOT", CodeSizes.Parse("")));

    [Fact]
    public void Each_callback_is_a_method_of_its_own() =>
        Assert.Equal(HandWritten.Count, HandWritten.Functions.Distinct().Count());

    [Fact]
    public void Every_head_is_inside_its_block() => Assert.All(
        Enumerable.Range(0, HandWritten.Count),
        index =>
            Assert.InRange(HandWritten.OffsetOf(index) * sizeof(long), 0, HandWritten.BlockBytes - (2 * sizeof(long))));

    // The output of nm, with two symbols that only look like some of the methods.
    private static string Listing()
    {
        StringBuilder listing = new();
        for (int i = 0; i < HandWritten.Count; i++)
        {
            IEnumerable<string> digits = new[] { 64, 16, 4, 1 }.Select(power => $"{Prefix}D{i / power % 4}");
            Add(0x48, $"{Prefix}Callback_4<{string.Join("__", digits)}>__Free");
        }

        Add(0x1d, $"{Prefix}CallSites__CallOnce");
        Add(0x85, $"{Prefix}CallSites__CallFiveTimes");
        Add(0x19, $"{Prefix}CallSites__FreeOnce");
        Add(0x71, $"{Prefix}CallSites__FreeFiveTimes");
        Add(0x99, "Quiescent_Quiescent_Queues_HeadWord__ReclaimElsewhere");
        Add(0x82, $"Quiescent_Quiescent_Queues_{WarmUp.ReclaimPath.Replace(".", "__", StringComparison.Ordinal)}");
        listing.AppendLine(CultureInfo.InvariantCulture, $"0000000000180a6d r _lsda0{Prefix}Callback_4<D0>__Free");
        return listing.ToString();

        void Add(int bytes, string symbol) =>
            listing.AppendLine(CultureInfo.InvariantCulture, $"00000000000e1470 {bytes:x16} t {symbol}");
    }
}
