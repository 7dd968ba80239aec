using System.IO.Compression;
using System.Xml.Linq;
using ZipIt.MLNet.Friend;
using ZipIt.TestFramework;

namespace ZipIt.MLNet.Tests;

/// <summary>The packages as their users get them.</summary>
public sealed class PackageTests(PackedLibrary packed) : IClassFixture<PackedLibrary>, IDisposable
{
    private static readonly string ProjectFile = $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
            <NuGetAudit>false</NuGetAudit>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="ZipIt.MLNet" Version="{PackedLibrary.Version}" />
          </ItemGroup>
        </Project>
        """;

    private const string Program = """
        using System.Text.Json;
        using Microsoft.ML;
        using Microsoft.ML.Data;
        using ZipIt.Merging;
        using ZipIt.MLNet;
        using ZipIt.Networks;

        (string step, string data, string modelPath, string scoresPath) = (args[0], args[1], args[2], args[3]);
        var mlContext = new MLContext(seed: 1);
        if (step == "zip")
        {
            ZipClassifier a = Load("a", ["airplane", "bird", "deer", "frog", "ship"], [0, 2, 4, 6, 8]);
            ZipClassifier b = Load("b", ["automobile", "cat", "dog", "horse", "truck"], [1, 3, 5, 7, 9]);
            IDataView calibration = List("calibration", every: 4);
            ITransformer zipped = mlContext.Transforms.LoadImages("Image", "", "ImagePath")
                .Append(mlContext.Transforms.ResizeImages("Image", 32, 32))
                .Append(mlContext.Transforms.ExtractPixels("Pixels", "Image"))
                .Append(mlContext.Transforms.Zip("Pixels", a, b))
                .Fit(calibration);
            mlContext.Model.Save(zipped, calibration.Schema, modelPath);
            Write(zipped);
        }
        else
        {
            Write(mlContext.Model.Load(modelPath, out _));
        }

        ZipClassifier Load(string name, string[] labels, int[] rows) => ZipClassifier.FromCheckpoint(
            name, Path.Combine(data, "models", $"resnet20-w1-{name}.pt"), labels,
            ClassPrototypes.Load(Path.Combine(data, "models", "prototypes.safetensors"), 30, rows),
            ChannelAffine.FromNormalization([0.4914, 0.4822, 0.4465], [0.2023, 0.1994, 0.2010]));

        IDataView List(string set, int every) => mlContext.Data.LoadFromEnumerable(
            Directory.GetFiles(Path.Combine(data, "images", set), "*.png", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Where((_, i) => i % every == 0)
                .Select(path => new ImageFile { ImagePath = path }));

        void Write(ITransformer model) => File.WriteAllText(
            scoresPath, JsonSerializer.Serialize(model.Transform(List("test", every: 20)).GetColumn<float[]>("Score").ToArray()));

        internal sealed class ImageFile
        {
            public string? ImagePath { get; set; }
        }
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("console");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Pack_EveryPackage_HasLicenseReadmeDocumentationAndSymbols()
    {
        foreach (string name in packed.Names)
        {
            XElement metadata = Child(packed.ReadNuspec(name), "metadata");
            Assert.Equal("MIT", Child(metadata, "license").Value);
            Assert.NotEmpty(Child(metadata, "description").Value);
            using ZipArchive package = packed.Open(name), symbols = packed.Open(name, "snupkg");
            Assert.NotNull(package.GetEntry(Child(metadata, "readme").Value));
            Assert.NotNull(package.GetEntry($"lib/net10.0/{name}.dll"));
            Assert.NotNull(package.GetEntry($"lib/net10.0/{name}.xml"));
            Assert.NotNull(symbols.GetEntry($"lib/net10.0/{name}.pdb"));
        }
    }

    /// <summary>The packages use each other's internals, and Microsoft.ML's, so they must not be mixed.</summary>
    [Fact]
    public void Pack_EveryPackage_DependsOnOneVersionOfTheOthersAndOnTestedOnesOfMLNet()
    {
        foreach (string name in packed.Names)
        {
            Dictionary<string, string> dependencies = packed.ReadNuspec(name).Descendants()
                .Where(element => element.Name.LocalName == "dependency")
                .ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value);

            Assert.All(dependencies.Where(pair => packed.Names.Contains(pair.Key)), pair => Assert.Equal($"[{PackedLibrary.Version}]", pair.Value));
            Assert.DoesNotContain("Mono.Cecil", dependencies.Keys);
            if (name == "ZipIt.MLNet")
            {
                Assert.Contains("ZipIt.Merging", dependencies.Keys);
                Assert.Equal(FriendMembers.SupportedVersions, dependencies["Microsoft.ML"]);
                Assert.Equal(FriendMembers.SupportedVersions, dependencies["Microsoft.ML.ImageAnalytics"]);
            }
        }
    }

    [Fact]
    public void Restore_FreshConsoleProject_ZipsSavesAndPredictsTheSameInAnotherProcess()
    {
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Write("Directory.Build.props", "<Project />");
        Write("Directory.Build.targets", "<Project />");
        Write("Directory.Packages.props", "<Project />");
        Write("Console.csproj", ProjectFile);
        Write("Program.cs", Program);

        // Our packages come from their folder alone and go to the project's own; the others are taken from where they were restored for the tests.
        DotNet.Run(
            _folder.FullName, "build", "-c", "Release", "-o", "out", "-nologo", "-nodeReuse:false", $"-p:RestoreAdditionalProjectSources={packed.Folder}",
            $"-p:RestorePackagesPath={Path.Combine(_folder.FullName, "packages")}", $"-p:RestoreFallbackFolders={packages}");
        Run("zip", "zipped.json");
        Run("predict", "loaded.json");

        string zipped = File.ReadAllText(Path.Combine(_folder.FullName, "zipped.json"));
        Assert.Equal(50, zipped.Count(character => character == '[') - 1);
        Assert.Equal(zipped, File.ReadAllText(Path.Combine(_folder.FullName, "loaded.json")));
    }

    private void Run(string step, string scores)
    {
        string data = Path.Combine(TestFiles.Root, "samples", "Quickstart", "data");
        DotNet.Run(_folder.FullName, Path.Combine("out", "Console.dll"), step, data, "zipped.zip", scores);
    }

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_folder.FullName, name), content);

    private static XElement Child(XElement parent, string name) => Assert.Single(parent.Elements(), element => element.Name.LocalName == name);
}
