using MappedCatalog.Format;
using MappedCatalog.Tests.Support;
using RouteTable.Data;

namespace MappedCatalog.Tests.Format;

public sealed class CatalogImageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("catalog-image-").FullName;

    private string Target => Path.Combine(_folder, "catalog.bin");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_saved_catalog_is_the_file_and_nothing_else_is_left()
    {
        Save(Tables.Parse("10.0.0.0/8,1"), edition: 1);
        CatalogView.Open(File.ReadAllBytes(Target)).Verify();
        Assert.Equal([Target], Directory.GetFiles(_folder));
    }

    [Fact]
    public void An_image_is_used_again_for_a_smaller_table()
    {
        var image = new CatalogImage();
        image.Build(Tables.Random(new Random(1), 500), Tables.Day, 1);
        Announcement[] small = Tables.Parse("10.0.0.0/8,1");
        image.Build(small, Tables.Day, 2);
        Assert.Equal(Tables.Image(small, 2), image.Bytes);
    }

    // Writing into the file that is mapped would change it under its readers, or end them with a SIGBUS.
    [Fact]
    public void A_process_that_has_the_old_file_open_goes_on_reading_it()
    {
        Save(Tables.Parse("10.0.0.0/8,1"), edition: 1);
        using FileStream old = new(Target, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        Save(Tables.Parse("10.0.0.0/8,1", "11.0.0.0/8,2"), edition: 2);
        byte[] bytes = new byte[old.Length];
        old.ReadExactly(bytes);
        Assert.Equal(1, CatalogView.Open(bytes).Edition);
        Assert.Equal(2, CatalogView.Open(File.ReadAllBytes(Target)).Edition);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_an_error_and_leaves_the_image_as_it_was()
    {
        var image = new CatalogImage();
        image.Build(Tables.Parse("10.0.0.0/8,1"), Tables.Day, 1);
        Assert.Throws<DirectoryNotFoundException>(() => image.Save(Path.Combine(_folder, "none", "catalog.bin")));
        CatalogView.Open(image.Bytes).Verify();
    }

    private void Save(Announcement[] routes, long edition)
    {
        var image = new CatalogImage();
        image.Build(routes, Tables.Day, edition);
        image.Save(Target);
    }
}
