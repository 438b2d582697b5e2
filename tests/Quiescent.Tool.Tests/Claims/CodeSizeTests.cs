using System.Globalization;
using System.Text;
using Quiescent.Claims.CodeSize;
using Quiescent.Claims.Figures;
using Quiescent.Claims.Subject;

namespace Quiescent.Tool.Tests.Claims;

public sealed class CodeSizeTests
{
    private const string Assembly = "Quiescent_Claims_Subject_";

    [Fact]
    public void Sizes_of_methods_compiled_ahead_of_time_are_read_from_the_symbols()
    {
        MethodBytes[] methods = SymbolListing.Parse(Listing());
        Assert.Equal(256, Of(WarmUp.CallbackMethod).Length);
        Assert.All(Of(WarmUp.CallbackMethod), bytes => Assert.Equal(0x48u, bytes));
        Assert.Equal([0x50u], Of("Quiescent.Claims.Subject.Node.FreeNode"));
        Assert.Equal([0x1du], Of("Quiescent.Claims.Subject.CallSites.CallOnce"));
        Assert.Equal([0x82u], Of("Quiescent.Queues.HeadWord.Reclaim"));

        uint[] Of(string name) => methods.First(method => method.Name == name).Bytes;
    }

    [Fact]
    public void A_method_without_a_symbol_has_no_size_rather_than_zero() =>
        Assert.Throws<InvalidDataException>(() => CodeSizes.OfMachineCode("NativeAOT", SymbolListing.Parse("")));

    [Fact]
    public void A_site_is_a_quarter_of_what_four_more_of_them_take()
    {
        CodeSizes sizes = CodeSizes.OfMachineCode("NativeAOT", SymbolListing.Parse(Listing()));
        Assert.Equal((0x85 - 0x1d) / 4.0, sizes.CallSite);
        Assert.Equal((0x71 - 0x19) / 4.0, sizes.FreeSite);
        Assert.Equal([0x48, 16 * 0x48, 256 * 0x48], sizes.Callbacks.Select(callbacks => callbacks.Bytes));
        Assert.Equal((256 * (0x48 + 26.0)) / (256 * 22), sizes.Ratio(256));
    }

    // Fault caught: a verdict that holds whatever was measured.
    [Fact]
    public void Callbacks_that_cost_nothing_and_sites_that_cost_more_let_the_claim_fall()
    {
        CodeSizes free = new("free")
        {
            Callbacks = [new CallbackBytes(256, 0)],
            HandWritten = 0,
            CallSite = 10,
            FreeSite = 20,
        };
        Assert.Equal(Outcome.DoesNotHold, CodeSizes.Judge([free]).Outcome);
    }

    [Fact]
    public void Each_callback_has_metadata_of_its_own()
    {
        double one = EmittedMethods.MetadataBytesPerMethod(1);
        double many = EmittedMethods.MetadataBytesPerMethod(256);
        Assert.InRange(one, 14, 64); // A row of the method table, and a name.
        Assert.InRange(many, 14, 64);
    }

    [Fact]
    public void The_callbacks_are_so_many_methods_of_their_own() =>
        Assert.Equal(HandWritten.Count, HandWritten.Functions.Distinct().Count());

    [Fact]
    public void Every_head_lies_inside_its_block() =>
        Assert.All(
            Enumerable.Range(0, HandWritten.Count),
            index => Assert.InRange(HandWritten.OffsetOf(index) * sizeof(long), 0, HandWritten.BlockBytes - (2 * sizeof(long))));

    private static string Listing()
    {
        StringBuilder listing = new();
        string callback = $"{Assembly}{Assembly}Callback_2<";
        for (int i = 0; i < HandWritten.Count; i++)
        {
            Add(0x48, $"{callback}{Assembly}{Assembly}D{i / 16:X}__{Assembly}{Assembly}D{i % 16:X}>__Free");
        }

        Add(0x50, $"{Assembly}{Assembly}Node__FreeNode");
        Add(0x1d, $"{Assembly}{Assembly}CallSites__CallOnce");
        Add(0x85, $"{Assembly}{Assembly}CallSites__CallFiveTimes");
        Add(0x19, $"{Assembly}{Assembly}CallSites__FreeOnce");
        Add(0x71, $"{Assembly}{Assembly}CallSites__FreeFiveTimes");
        Add(0x82, "Quiescent_Quiescent_Queues_HeadWord__Reclaim");
        Add(0x99, "Quiescent_Quiescent_Queues_HeadWord__ReclaimElsewhere");
        listing.AppendLine(CultureInfo.InvariantCulture, $"0000000000180a6d r _lsda0{callback}D0>__Free");
        return listing.ToString();

        void Add(int bytes, string symbol) =>
            listing.AppendLine(CultureInfo.InvariantCulture, $"00000000000e1470 {bytes:x16} t {symbol}");
    }
}
