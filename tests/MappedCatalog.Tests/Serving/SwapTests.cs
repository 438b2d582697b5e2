using System.Text.Json;
using MappedCatalog.Serving;
using MappedCatalog.Tests.Support;
using RouteTable.Data;

namespace MappedCatalog.Tests.Serving;

public sealed class SwapTests
{
    // A second dereference in the section, or a table looked up again for each piece, would mix them.
    [Fact]
    public async Task A_posted_body_is_answered_from_one_table_whatever_is_swapped_meanwhile()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        using var body = new PiecewiseContent();
        Task<HttpResponseMessage> posted = service.PostAsync(body);
        for (int piece = 1; piece <= 5; piece++)
        {
            await body.WriteAsync($"{piece}.1.1.1\n{piece}.2.2.2\n");
            int expected = 2 * piece;
            await Service.UntilAsync(() => service.Traffic.Lookups == expected, "the piece is answered");
            service.Swap();
            Assert.True(service.Catalog.MappingsOpen >= 2); // The one that the section reads, and the new one.
        }

        Assert.Equal(1, service.Catalog.SectionsOpen);
        body.Complete();
        using HttpResponseMessage response = await posted;
        JsonElement batch = await Service.JsonOf(response);
        Assert.Equal(1, batch.GetProperty("edition").GetInt64());
        Assert.Equal("2026-01-01", batch.GetProperty("table").GetString());
        Assert.Equal(
            Enumerable.Range(2, 10).Select(i => 2000u + (uint)i / 2),
            batch.GetProperty("answers").EnumerateArray().Select(answer => answer.GetProperty("origin").GetUInt32()));
        Assert.Equal(0, service.Traffic.Wrong);
        await AssertOneMappingAsync(service);
    }

    [Fact]
    public async Task Every_answer_is_right_while_the_file_is_swapped_all_the_time()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        using var enough = new CancellationTokenSource();
        Task[] clients =
            [.. Enumerable.Range(0, 4).Select(seed => CheckAnswersAsync(service, new Random(seed), enough.Token))];
        for (int swaps = 0; swaps < 300; swaps++)
        {
            service.Swap();
            await Task.Yield();
        }

        await enough.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Equal((0, 0), (service.Traffic.Failed, service.Traffic.Wrong));
        Assert.True(service.Traffic.Lookups > 0);
        await AssertOneMappingAsync(service);
        Assert.Equal(301, service.Catalog.MappingsOpened);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task It_swaps_by_itself_and_the_real_tables_are_answered_right()
    {
        await using Service service =
            await Service.StartAsync(Tables.Real, swapInterval: TimeSpan.FromMilliseconds(50));
        Dictionary<string, GroundTruth> truths =
            Tables.Real.ToDictionary(table => $"{table.Date:yyyy-MM-dd}", table => new GroundTruth(table.Routes));
        var random = new Random(9);
        var seen = new HashSet<string>();
        while (seen.Count < 2 || service.Catalog.MappingsOpened < 10)
        {
            uint address = (uint)random.NextInt64(1L << 32);
            JsonElement answer = await service.GetAsync($"/lookup/{Ipv4.Format(address)}");
            string table = answer.GetProperty("table").GetString()!;
            string? prefix = answer.GetProperty("prefix").GetString();
            var match = new MappedCatalog.Format.Match(
                0, 0, prefix is null ? 0 : answer.GetProperty("origin").GetUInt32(),
                prefix is null ? MappedCatalog.Format.Interval.NoRoute : Tables.Parse($"{prefix},1")[0].Prefix.Length);
            Assert.True(truths[table].Agrees(address, match), $"{address} in {table}: {answer}");
            seen.Add(table);
        }

        Assert.Equal(0, service.Traffic.Wrong);
    }

    [Fact]
    public async Task Sections_are_ended_by_whichever_thread_the_request_comes_out_on()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        while (service.Catalog.SectionsMoved == 0)
        {
            using var body = new PiecewiseContent();
            Task<HttpResponseMessage> posted = service.PostAsync(body);
            await body.WriteAsync("1.1.1.1\n");
            await body.WriteAsync("2.2.2.2\n");
            body.Complete();
            using HttpResponseMessage response = await posted;
            response.EnsureSuccessStatusCode();
        }

        await Service.UntilAsync(() => service.Catalog.SectionsOpen == 0, "all sections have ended");
    }

    [Fact]
    public async Task A_swap_that_fails_is_counted_and_leaves_the_file_that_is_served()
    {
        // Not sorted.
        DatedTable broken = Tables.Distinct[0] with { Routes = [.. Tables.Distinct[0].Routes.Reverse()] };
        await using Service service = await Service.StartAsync([broken, Tables.Distinct[1]]);
        Assert.ThrowsAny<Exception>(service.Swap);
        JsonElement answer = await service.GetAsync("/lookup/10.1.2.3");
        Assert.Equal(1, answer.GetProperty("edition").GetInt64());
        JsonElement swaps = (await service.GetAsync("/stats")).GetProperty("swaps");
        Assert.Equal((0, 1), (swaps.GetProperty("total").GetInt64(), swaps.GetProperty("failed").GetInt64()));
    }

    [Fact]
    public async Task A_request_under_way_is_answered_before_the_service_ends_and_then_nothing_is_mapped()
    {
        Service service = await Service.StartAsync(Tables.Distinct, swapInterval: TimeSpan.FromMilliseconds(5));
        Task end;
        using var body = new PiecewiseContent();
        await using (service)
        {
            Task<HttpResponseMessage> posted = service.PostAsync(body);
            await body.WriteAsync("1.1.1.1\n");
            await Service.UntilAsync(() => service.Traffic.Lookups == 1, "the piece is answered");
            end = service.StopAsync();
            await body.WriteAsync("2.2.2.2\n");
            body.Complete();
            using HttpResponseMessage response = await posted;
            Assert.Equal(2, (await Service.JsonOf(response)).GetProperty("answers").GetArrayLength());
            await end;
        }

        Assert.Equal(0, service.Catalog.MappingsOpen);
        Assert.Equal(0, service.MappingsSeenBySystem ?? 0);
    }

    [Fact]
    public async Task The_figures_add_up()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        for (int i = 0; i < 10; i++)
        {
            await service.GetAsync("/lookup/1.1.1.1");
            service.Swap();
        }

        await AssertOneMappingAsync(service);
        JsonElement stats = await service.GetAsync("/stats");
        Assert.Equal(10, stats.GetProperty("lookups").GetProperty("total").GetInt64());
        Assert.Equal(11, stats.GetProperty("requests").GetProperty("total").GetInt64());
        Assert.Equal(10, stats.GetProperty("swaps").GetProperty("total").GetInt64());
        Assert.Equal(10, stats.GetProperty("sections").GetProperty("total").GetInt64());
        Assert.Equal(0, stats.GetProperty("sections").GetProperty("open").GetInt64());
        Assert.Equal(0, stats.GetProperty("backlog").GetInt64());
        Assert.Equal(0, stats.GetProperty("wrongAnswers").GetInt64());
        Assert.True(stats.GetProperty("gracePeriods").GetProperty("completed").GetInt64() > 0);
        JsonElement mappings = stats.GetProperty("mappings");
        Assert.Equal((1, 10), (mappings.GetProperty("open").GetInt64(), mappings.GetProperty("closed").GetInt64()));
    }

    private static async Task CheckAnswersAsync(Service service, Random random, CancellationToken enough)
    {
        do
        {
            if (random.Next(3) == 0)
            {
                using HttpResponseMessage response = await service.PostAsync(new StringContent(
                    string.Concat(Enumerable.Range(0, 256).Select(i => $"{i}.{random.Next(256)}.0.1\n"))));
                response.EnsureSuccessStatusCode();
                JsonElement batch = await Service.JsonOf(response);
                uint first = batch.GetProperty("table").GetString() == "2025-01-01" ? 1000u : 2000u;
                Assert.Equal(
                    Enumerable.Range(0, 256).Select(i => first + (uint)i),
                    batch.GetProperty("answers").EnumerateArray()
                        .Select(answer => answer.GetProperty("origin").GetUInt32()));
            }
            else
            {
                int network = random.Next(256);
                JsonElement answer = await service.GetAsync($"/lookup/{network}.1.2.3");
                uint first = answer.GetProperty("table").GetString() == "2025-01-01" ? 1000u : 2000u;
                Assert.Equal(first + (uint)network, answer.GetProperty("origin").GetUInt32());
            }
        }
        while (!enough.IsCancellationRequested);
    }

    private static async Task AssertOneMappingAsync(Service service)
    {
        await Service.UntilAsync(() => service.Catalog.MappingsOpen == 1, "the replaced files are unmapped");
        Assert.Equal(1, service.MappingsSeenBySystem ?? 1);
    }
}
