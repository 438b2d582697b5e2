using System.Text.Json;
using MappedCatalog.Serving;
using MappedCatalog.Tests.Support;

namespace MappedCatalog.Tests.Serving;

public sealed class TimelineTests
{
    [Fact]
    public async Task Each_swap_is_on_it_and_each_unmapping_after_its_swap()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        for (int i = 0; i < 5; i++)
        {
            service.Swap();
        }

        (List<JsonElement> swaps, List<JsonElement> unmappings) = await ReadAsync(service, unmapped: 5);
        Assert.Equal(5, swaps.Count);
        Assert.All(swaps, swap => Assert.True(swap.GetProperty("mappings").GetInt64() >= 1));
        Assert.Equal(
            swaps.Select(At),
            unmappings.Select(one => At(one) - one.GetProperty("heldMicroseconds").GetInt64()).Order());
    }

    [Fact]
    public async Task A_file_that_a_request_reads_is_not_unmapped_on_it()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        using var body = new PiecewiseContent();
        Task<HttpResponseMessage> posted = service.PostAsync(body);
        await body.WriteAsync("1.1.1.1\n");
        await Service.UntilAsync(() => service.Traffic.Lookups == 1, "the piece is answered");
        service.Swap();
        (List<JsonElement> swaps, List<JsonElement> unmappings) = await ReadAsync(service, unmapped: 0);
        Assert.Equal((1, 0), (swaps.Count, unmappings.Count));
        Assert.Equal(2, swaps[0].GetProperty("mappings").GetInt64());

        body.Complete();
        using HttpResponseMessage response = await posted;
        (_, unmappings) = await ReadAsync(service, unmapped: 1);
        Assert.Equal(1, unmappings[0].GetProperty("mappings").GetInt64());
    }

    [Fact]
    public void Parts_follow_one_another_without_a_gap_or_an_overlap()
    {
        var timeline = new Timeline();
        long swapped = timeline.Swapped(2);
        TimelinePart first = timeline.Read(0);
        timeline.Unmapped(swapped, 1);
        timeline.AddRates(3, 4);
        TimelinePart second = timeline.Read(first.Now);
        Assert.Equal(new MappingChange(swapped, 2, HeldMicroseconds: null), first.Changes.Single());
        MappingChange unmapped = second.Changes.Single();
        Assert.Equal((1, unmapped.At - swapped), (unmapped.Mappings, unmapped.HeldMicroseconds));
        Assert.Equal((3, 4), (second.Rates.Single().Lookups, second.Rates.Single().Requests));
        Assert.Equal((0, 0), (timeline.Read(second.Now).Changes.Count, timeline.Read(second.Now).Rates.Count));
    }

    private static long At(JsonElement change) => change.GetProperty("at").GetInt64();

    private static async Task<(List<JsonElement> Swaps, List<JsonElement> Unmappings)> ReadAsync(
        Service service, int unmapped)
    {
        while (true)
        {
            JsonElement part = await service.GetAsync("/timeline");
            ILookup<bool, JsonElement> changes = part.GetProperty("changes").EnumerateArray()
                .ToLookup(change => change.GetProperty("heldMicroseconds").ValueKind == JsonValueKind.Null);
            if (changes[false].Count() >= unmapped)
            {
                return ([.. changes[true]], [.. changes[false]]);
            }
        }
    }
}
