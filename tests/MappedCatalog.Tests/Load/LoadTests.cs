using System.Net;
using System.Text.Json;
using MappedCatalog.Load;
using MappedCatalog.Serving;
using MappedCatalog.Tests.Support;

namespace MappedCatalog.Tests.Load;

public sealed class LoadTests
{
    [Fact]
    public async Task It_is_off_until_it_is_switched_on()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        JsonElement load = (await service.GetAsync("/stats")).GetProperty("load");
        Assert.False(load.GetProperty("on").GetBoolean());
        Assert.Equal(0, load.GetProperty("requests").GetInt64());
        Assert.Equal(JsonValueKind.Null, load.GetProperty("medianMicroseconds").ValueKind);
    }

    [Fact]
    public async Task It_asks_for_one_and_for_many_addresses_and_every_answer_is_right_while_the_file_is_swapped()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct, TimeSpan.FromMilliseconds(5));
        Assert.True((await SwitchAsync(service, on: true)).GetProperty("on").GetBoolean());
        await Service.UntilAsync(() => service.Load.Read().Requests > 200, "the load has made some requests");
        Assert.True(service.Load.Read().MedianMicroseconds > 0);

        JsonElement off = await SwitchAsync(service, on: false);
        Assert.False(off.GetProperty("on").GetBoolean());
        Assert.Equal(0, off.GetProperty("failed").GetInt64());
        Assert.Equal((0, 0, 0), (service.Traffic.Failed, service.Traffic.Refused, service.Traffic.Wrong));
        Assert.True(service.Traffic.Lookups > 2 * service.Load.Read().Requests); // One alone would give one each.
    }

    [Fact]
    public async Task Switched_off_it_asks_no_more_and_can_be_switched_on_again()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        for (int turn = 0; turn < 2; turn++)
        {
            long before = service.Load.Read().Requests;
            await SwitchAsync(service, on: true);
            await Service.UntilAsync(() => service.Load.Read().Requests > before + 20, "the load is on");
            await SwitchAsync(service, on: false);
            long lookups = service.Traffic.Lookups;
            for (int i = 0; i < 50; i++)
            {
                await service.GetAsync("/lookup/1.1.1.1");
            }

            Assert.Equal(lookups + 50, service.Traffic.Lookups);
        }
    }

    [Fact]
    public async Task Its_slow_client_keeps_old_files_mapped_for_a_while()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct, TimeSpan.FromMilliseconds(20));
        await SwitchAsync(service, on: true);
        await Service.UntilAsync(() => service.Catalog.MappingsOpen > 5, "old files stay mapped");
        await Service.UntilAsync(() => service.Catalog.MappingsOpen == 1, "they are unmapped");
        Assert.True(service.Load.Read().On);
        Assert.Equal((0, 0), (service.Traffic.Wrong, service.Load.Read().Failed));
    }

    [Fact]
    public async Task The_service_stops_in_the_middle_of_it_without_a_failure()
    {
        Service service = await Service.StartAsync(Tables.Distinct, TimeSpan.FromMilliseconds(5));
        await using (service)
        {
            await SwitchAsync(service, on: true);
            await Service.UntilAsync(() => service.Load.Read().Requests > 50, "the load is on");
            await service.StopAsync();
            service.Load.SwitchOn(); // Too late.
            Assert.False(service.Load.Read().On);
        }

        Assert.Equal((0, 0), (service.Traffic.Failed, service.Traffic.Aborted));
        Assert.Equal(0, service.Load.Read().Failed);
        Assert.Equal(0, service.Catalog.MappingsOpen);
    }

    [Theory]
    [InlineData("/load", "same-origin", HttpStatusCode.BadRequest)]
    [InlineData("/load?on=perhaps", null, HttpStatusCode.BadRequest)]
    [InlineData("/load?on=true", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("/load?on=true", "same-site", HttpStatusCode.Forbidden)]
    public async Task What_does_not_say_which_or_comes_from_another_site_switches_nothing(
        string path, string? site, HttpStatusCode refusal)
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        using HttpResponseMessage response = await service.SendAsync(HttpMethod.Post, path, site);
        Assert.Equal(refusal, response.StatusCode);
        Assert.False(service.Load.Read().On);
    }

    [Theory]
    [InlineData(true, "10.1.2.3", "10.0.0.0", "10.255.255.255")]
    [InlineData(false, "10.1.2.4", "10.0.0.0", "10.255.255.255")]
    [InlineData(false, "10.1.2.3", "10.1.2.4", "10.255.255.255")]
    [InlineData(false, "10.1.2.3", "10.0.0.0", "10.1.2.2")]
    public void An_answer_fits_when_it_is_about_the_address_and_a_range_around_it(
        bool fits, string address, string first, string last) =>
        Assert.Equal(fits, LoadClient.Fit(["10.1.2.3"], [new Answer(address, "10.0.0.0/8", first, last, 1)]));

    [Fact]
    public void Answers_fit_only_when_there_is_one_for_each_address() => Assert.False(LoadClient.Fit(["10.1.2.3"], []));

    [Fact]
    public void Latencies_are_of_the_last_thousand()
    {
        var latencies = new Latencies();
        Assert.Null(latencies.Percentile(0.5));
        for (int i = 1; i <= 5500; i++)
        {
            latencies.Add(i);
        }

        Assert.Equal((4501, 5000, 5500), (latencies.Percentile(0), latencies.Percentile(0.5), latencies.Percentile(1)));
    }

    private static async Task<JsonElement> SwitchAsync(Service service, bool on)
    {
        using HttpResponseMessage response = await service.SendAsync(HttpMethod.Post, $"/load?on={on}");
        response.EnsureSuccessStatusCode();
        return await Service.JsonOf(response);
    }
}
