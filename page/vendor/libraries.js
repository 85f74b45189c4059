// The parts of the libraries that the page uses, under two names.
import * as echarts from "echarts/core";
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";
import {
    FilterModule, FormatModule, InteractionModule,
    ResizeColumnsModule, ResizeTableModule, SelectRowModule, SortModule, Tabulator,
} from "tabulator-tables";

echarts.use([AriaComponent, BarChart, CanvasRenderer, GridComponent, LegendComponent, LineChart, MarkLineComponent, TooltipComponent]);
Tabulator.registerModule([
    FilterModule, FormatModule, InteractionModule, ResizeColumnsModule, ResizeTableModule,
    SelectRowModule, SortModule,
]);
globalThis.echarts = echarts;
globalThis.Tabulator = Tabulator;
