namespace ZipIt.Merging;

/// <summary>What an output that several members share imitates when it is refitted.</summary>
public enum SharedOutputTarget
{
    /// <summary>The mean of the members' outputs, as the zip itself has it.</summary>
    Average = 0,

    /// <summary>
    /// For each image the output of the member whose most probable class is the most certain. Needs <see cref="ZipOptions.Tasks"/> with prototypes; without
    /// them the mean.
    /// </summary>
    MostConfident = 1,

    /// <summary>
    /// The embedding whose products with every task's prototypes are those of the task's own member: each member decides about its own classes, and about
    /// nothing else. Needs <see cref="ZipOptions.Tasks"/> with prototypes; without them the mean. Our extension.
    /// </summary>
    Scores = 2,
}
